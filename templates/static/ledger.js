/* Keeps a ledger's page up to date by server-sent events. The page is whole without it.
   #now is taken from the stream as it comes; #rest (lines, acts) is asked for by htmx, no more often than REST_EVERY and only
   while somebody can see it. Lost streams are tried again; a session that is over sends the reader to the login page. */
(() => {
  "use strict";
  const REST_EVERY = 4000, TRY_AGAIN = 8000;  // ms
  const live = document.getElementById("live");
  if (!live || !live.dataset.live || !window.EventSource) return;
  const now = document.getElementById("now"), note = document.getElementById("live-note");
  let source, version = "", isMoved = false, restAt = 0, timer = 0;

  const say = (text) => { if (note.textContent !== text) note.textContent = text; };

  const refreshRest = () => {
    timer = 0;
    if (!isMoved || document.hidden || isBusy()) return;
    isMoved = false;
    restAt = Date.now();
    const rest = document.getElementById("rest");
    if (rest) rest.dispatchEvent(new Event("moved")); else location.reload();
  };
  /* Somebody is typing, or has opened a question: what he does is not taken from under his hands. */
  const isBusy = () => document.activeElement?.id === "q" || live.querySelector("details[open]") !== null;
  const moved = () => {
    isMoved = true;
    if (!timer) timer = setTimeout(refreshRest, Math.max(0, restAt + REST_EVERY - Date.now()));
  };

  const open = () => {
    source = new EventSource(live.dataset.live);
    source.onopen = () => say("实时更新中。");
    source.addEventListener("now", (event) => {
      now.innerHTML = event.data;
      say("实时更新中。");
    });
    source.addEventListener("standing", (event) => {
      if (event.data !== version) moved();
      version = event.data;
    });
    source.addEventListener("lost", (event) => say(event.data));
    source.addEventListener("over", () => { source.close(); location.reload(); });
    source.onerror = () => {
      say("和服务器的连接断了，正在重新连接。");
      if (source.readyState === EventSource.CLOSED) setTimeout(again, TRY_AGAIN);
    };
  };
  /* The stream was refused for good: too many of them, or the session is over. The page is asked which. */
  const again = async () => {
    try {
      const answer = await fetch(live.dataset.part, {redirect: "manual"});
      if (answer.status === 401 || answer.type === "opaqueredirect") { location.reload(); return; }
      if (answer.ok) { moved(); say("每隔几秒更新一次。"); }
    } catch { /* still away */ }
    open();
  };

  /* Asked for before he began: thrown away, and asked for again when he is done. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isBusy()) { event.detail.shouldSwap = false; isMoved = true; }
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && isMoved) moved(); });
  document.addEventListener("focusout", () => { if (isMoved) moved(); });
  document.addEventListener("toggle", () => { if (isMoved) moved(); }, true);
  open();
})();
