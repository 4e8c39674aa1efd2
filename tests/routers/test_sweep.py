"""The slow sweep: a safety net that must find nothing (R6)."""

from structlog.testing import capture_logs

from routers.assignment import Assignment
from routers.fold import fold
from routers.policies import BUILT_IN
from routers.state import Routing
from routers.submissions import Submissions
from routers.tally import Tally
from tests.routers.company import NINE, Company
from tests.routers.wire import until


async def test_a_chat_that_woke_nobody_is_found_told_of_and_counted() -> None:
    """R6: and the chat is given to somebody all the same."""
    company, tally = Company(), Tally()
    company.operator("ana")
    company.online("ana")
    submissions = Submissions(company.desk, lambda: None)
    assignment = Assignment(Routing(), submissions, tally, BUILT_IN, sweep_every=0.0)
    with capture_logs() as logs:
        assignment.take(company.desk.log, NINE, leads=True)
        company.writes("chat")
        for recorded in company.desk.log[assignment.state.position :]:
            fold(assignment.state, recorded)
        assignment.state.take_awake()
        assert logs == []
        assignment.take([], NINE, leads=True)
        await until(company.owners)
        await submissions.stop()
    assert logs[0]["event"] == "router.sweep_found_work"
    assert tally.sweeps_found_work == 1
