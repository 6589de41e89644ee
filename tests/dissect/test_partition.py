"""The counting sort that groups occurrences by what they carry."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.batch import views
from analyzer.dissect.partition import partition


@given(st.lists(st.integers(-3, 12)), st.lists(st.integers(-1, 3), min_size=1, max_size=9))
def test_it_is_a_stable_sort_by_slot(carries, slot_of):
    slots = 6  # four children, unknown, nothing

    def slot(key):
        if key < 0:
            return slots - 1
        child = slot_of[key] if key < len(slot_of) else -1
        return child if child >= 0 else slots - 2

    order, count = np.empty(len(carries), np.int64), np.empty(slots, np.int64)
    partition(*views(np.array(carries, np.int32), np.array(slot_of, np.int8), order, count))
    expected = sorted(range(len(carries)), key=lambda i: slot(carries[i]))
    assert count.tolist() == [sum(slot(key) == wanted for key in carries) for wanted in range(slots)]
    assert order.tolist() == expected


def test_too_many_slots_are_refused():
    column = np.zeros(1, np.int32)
    with pytest.raises(ValueError, match="slots"):
        partition(*views(column, np.zeros(1, np.int8), np.empty(1, np.int64), np.empty(129, np.int64)))
