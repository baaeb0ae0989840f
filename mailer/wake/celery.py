"""Waking workers on any machine: one short-lived Celery message by the task's name. Losing it costs seconds."""

from __future__ import annotations

import kombu.exceptions
from celery import Celery

from mailer import log

TAKE_WORK = "mailer.take_work"
QUEUE = "bulk"
REQUEST_ID = "request_id"  # a header of the task
_LIVES_FOR = 60  # seconds; older hints tell nothing that the workers' own timers do not find
# Whoever nudges has a person or a loop waiting behind it: one try, and about a second for a broker that does not answer.
# (kombu's own default tries for six seconds where nobody listens, and for 30 where somebody listens and says nothing.)
_QUICKLY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
}


def make_app(broker_url: str) -> Celery:
    """The Celery application with the settings that lose, repeat and hoard least."""
    app = Celery("mailer", broker=broker_url, set_as_current=False)
    app.conf.update(
        result_backend=None,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        enable_utc=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_publish_retry=False,
        task_default_queue=QUEUE,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        broker_transport_options={
            "visibility_timeout": 900,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 5,
            "socket_timeout": 30,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "global_keyprefix": "mailer:",
        },
    )
    return app


class CeleryWake:
    def __init__(self, app: Celery) -> None:
        self._app = app

    def nudge(self, mailing_id: int) -> None:
        try:
            with self._app.connection_for_write(transport_options=_QUICKLY) as connection:
                self._app.send_task(
                    TAKE_WORK,
                    args=[mailing_id],
                    queue=QUEUE,
                    expires=_LIVES_FOR,
                    retry=False,
                    ignore_result=True,
                    headers={REQUEST_ID: log.request_id()},
                    connection=connection,
                )
        except (kombu.exceptions.OperationalError, OSError) as error:
            # the row is committed; every worker's own timer finds it within seconds
            log.note("broker_unavailable", error=str(error))
