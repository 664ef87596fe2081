"""An S3-protocol server (moto's) that can be stopped, and can lose its answers."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

BUCKET = "portal-files"
_ACCESS = {"aws_access_key_id": "portal", "aws_secret_access_key": "secret", "region_name": "us-east-1"}


class S3Server:
    def __init__(self) -> None:
        self._application = DomainDispatcherApplication(create_backend_app)
        self._loses_answers = False
        self._port = 0
        self.start()
        self._client().create_bucket(Bucket=BUCKET)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "S3_ENDPOINT_URL": self.url,
            "S3_BUCKET": BUCKET,
            "S3_ACCESS_KEY": _ACCESS["aws_access_key_id"],
            "S3_SECRET_KEY": _ACCESS["aws_secret_access_key"],
            "S3_REGION": _ACCESS["region_name"],
        }

    def start(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", self._port, self._answer, threaded=True)
        self._port = self._server.port
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @contextmanager
    def away(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def losing_answers(self) -> Iterator[None]:
        """What is asked is done, and who asked is told that it was not."""
        self._loses_answers = True
        try:
            yield
        finally:
            self._loses_answers = False

    def keys(self) -> set[str]:
        return {entry["Key"] for entry in self._client().list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if not self._loses_answers:
            return self._application(environ, start)
        list(self._application(environ, lambda *_: None))
        start("500 Internal Server Error", [("content-length", "0")])
        return []

    def _client(self) -> Any:
        return boto3.client("s3", endpoint_url=self.url, **_ACCESS)
