"""Request heads as uvicorn reads them, with two things it leaves out.

What follows the body of a chunked request, its trailers, are not headers: uvicorn adds them to the
same list, where a proxy has not looked, so that one could bring an `Authorization` of its own
(https://www.rfc-editor.org/rfc/rfc9110#section-6.5.1). And a head has an end: without a limit, one
that goes on and on fills the memory.
"""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD = 256 * 1024
"""Bytes from the first of a request to the end of its headers; somewhat more may be read."""


class Heads(HttpToolsProtocol):
    _in_head = False
    _head = 0  # bytes received while in it

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head += len(data)
            if self._head > MAX_HEAD:
                self.send_400_response("The head of the request is too large.")
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.begin_head()

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.end_head()

    def begin_head(self) -> None:
        self._in_head = True
        self._head = 0

    def end_head(self) -> None:
        self._in_head = False
        self.headers = []  # not those of the scope: for the trailers, which nobody reads
