// Counts a release down and looks again when its moment has come. Without scripts the page refreshes itself instead.
(() => {
  const told = document.querySelector(".count-down [data-seconds]");
  const again = () => location.reload();
  if (!told) {
    setTimeout(again, 5000);
    return;
  }
  const ends = Date.now() + Number(told.dataset.seconds) * 1000;
  const tick = () => {
    const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
    told.textContent = String(left);
    if (left === 0) setTimeout(again, 3000);
    else setTimeout(tick, 250);
  };
  tick();
})();
