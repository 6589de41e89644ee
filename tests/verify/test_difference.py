from analyzer.verify import difference
from analyzer.verify.difference import Difference, Opinion


def test_kept_differences_are_capped_and_unexplained_ones_stay() -> None:
    opinion = Opinion("tshark")
    for frame in range(difference.MAX_DIFFERENCES):
        opinion.add(Difference(frame, "tcp.seq", "1", "2", "tshark", "some reason"))
    for frame in range(5):
        opinion.add(Difference(frame, "tcp.ack", "1", "2", "tshark"))
    assert len(opinion.differences) == difference.MAX_DIFFERENCES
    assert sum(not one.explanation for one in opinion.differences) == 5
    assert opinion.unexplained == 5
    assert opinion.explained == {"some reason": difference.MAX_DIFFERENCES}
