"""One capture, read once by us and at the same time by everyone whose opinion can be had."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.batch import Column

from .closer_look import look
from .difference import Opinion, Verification
from .headers import EVERY, FIRST_FRAMES, HeaderCheck, Library
from .tshark import Tshark, TsharkError
from .verdicts import VerdictCheck
from .with_dpkt import Dpkt
from .with_scapy import Scapy

if TYPE_CHECKING:
    from analyzer.pipeline import Dissection

ALL: Final = ("dpkt", "scapy", "tshark")


class SecondOpinions:
    """Whoever can be asked: the libraries and the tshark that are installed. Use it in a `with` statement, for many captures."""

    def __init__(self, by: tuple[str, ...] = ALL) -> None:
        self.libraries: list[Library] = []
        self.tshark: Tshark | None = None
        self.absent: dict[str, str] = {}  #: who cannot be asked, and why
        for library in (Dpkt, Scapy):
            if library.name in by:
                try:
                    self.libraries.append(library())
                except ImportError as error:
                    self.absent[library.name] = f"not installed ({error})"
        if "tshark" in by:
            try:
                self.tshark = Tshark()
            except TsharkError as error:
                self.absent["tshark"] = str(error)

    def verify(
        self,
        path: str,
        selected: Iterable[tuple[Dissection, Column | None]],
        first: int = FIRST_FRAMES,
        every: int = EVERY,
        words: bool = True,
    ) -> Verification:
        """The opinions on the capture in the file `path`.

        selected: our dissection of it, batch after batch, each with a mask of the frames that are to be compared (None: all);
        first, every: how many frames the
        libraries read (see headers.py). words: open differing frames with pyshark.
        """
        result = Verification(path, opinions=[Opinion(name, absent=why) for name, why in self.absent.items()])
        headers = HeaderCheck(self.libraries, first, every)
        verdicts = None if self.tshark is None else VerdictCheck(self.tshark, path)
        result.opinions += headers.opinions
        try:
            for dissection, mask in selected:
                chosen = np.ones(len(dissection.batch), np.bool_) if mask is None else mask
                result.frames += int(np.count_nonzero(chosen))
                headers.update(dissection, chosen)
                if verdicts is not None:
                    verdicts.update(dissection, chosen)
            if verdicts is not None and self.tshark is not None:
                verdicts.finish()
                result.opinions.append(verdicts.opinion)
                if words:
                    look(self.tshark, path, verdicts.opinion.differences)
        finally:
            if verdicts is not None:
                verdicts.close()
        return result

    def close(self) -> None:
        if self.tshark is not None:
            self.tshark.close()

    def __enter__(self) -> SecondOpinions:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
