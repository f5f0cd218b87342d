"""The report graph: survey, panel, review, interviews in parallel, composition, assembly.

START -> survey -> propose_panel -> review_panel (interrupt) --changes--> propose_panel
                                        | approved
                                        +--Send x N--> interview --> collect_sections
                                            +--> write_introduction -> check_introduction --+
                                            +--> write_conclusion ---> check_conclusion ----+--> assemble -> END
"""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import get_runtime

from ..tracing import content_is_traced
from . import compose, interview, panel
from .context import Context, Surroundings, context_of
from .routing import Route, after_interview, after_review, after_sections, after_survey
from .state import InterviewOutput, InterviewState, InterviewTask, ReportInput, ReportState, take_back


def build_graph() -> StateGraph[ReportState, Context, ReportInput, ReportState]:
    """The report graph, uncompiled: add a checkpointer of your own, or host it on a server that brings one.

    Give it a `Context` when you invoke it. Without one it builds its own from the environment.
    """
    # No context schema: a server would try to build a context from the JSON it was given, which is none.
    graph: StateGraph[ReportState, Context, ReportInput, ReportState] = StateGraph(
        ReportState, input_schema=ReportInput
    )
    graph.add_node("survey", panel.survey)
    graph.add_node("propose_panel", panel.propose_panel)
    graph.add_node("review_panel", panel.review_panel)
    _add_interview(graph)
    graph.add_node("collect_sections", compose.collect_sections)
    graph.add_node("write_introduction", compose.write_introduction, error_handler=compose.skip_introduction)
    graph.add_node("write_conclusion", compose.write_conclusion, error_handler=compose.skip_conclusion)
    graph.add_node("check_introduction", compose.check_introduction)
    graph.add_node("check_conclusion", compose.check_conclusion)
    graph.add_node("assemble", compose.assemble)

    graph.add_edge(START, "survey")
    graph.add_conditional_edges("survey", Route(after_survey), ["propose_panel", "interview"])
    graph.add_edge("propose_panel", "review_panel")
    graph.add_conditional_edges(
        "review_panel", Route(after_review), ["propose_panel", "review_panel", "interview", "collect_sections", END]
    )
    graph.add_conditional_edges("interview", Route(after_interview), ["collect_sections", END])
    graph.add_conditional_edges(
        "collect_sections", Route(after_sections), ["write_introduction", "write_conclusion", END]
    )
    # Both go step by step together, so `assemble` runs once, after both, also when a handler stood in for a writer.
    graph.add_edge("write_introduction", "check_introduction")
    graph.add_edge("write_conclusion", "check_conclusion")
    graph.add_edge("check_introduction", "assemble")
    graph.add_edge("check_conclusion", "assemble")
    graph.add_edge("assemble", END)
    return graph


def _add_interview(graph: StateGraph[ReportState, Context, ReportInput, ReportState]) -> None:
    """One interview as one node: it never waits for another, and traces show whose it is."""
    conversation = interview.build_interview().compile(name="interview")

    async def hold_interview(state: InterviewTask, config: RunnableConfig) -> InterviewOutput:
        """Hold one analyst's interview. What the budget sets aside for it is free again, however it ends."""
        context = await context_of(get_runtime())
        state = state if context.seats is None else await context.seats.settle(state)
        analyst = state["analyst"]
        own = cast("InterviewState", {name: of for name, of in state.items() if name not in {"panel", "survey"}})
        inside = replace(context, surroundings=Surroundings(state["survey"], state["panel"]))
        named: RunnableConfig = {
            **config,
            "run_name": f"interview: {analyst['role'] if content_is_traced() else analyst['id']}",
            "tags": [*(config.get("tags") or []), f"analyst:{analyst['id']}"],
            "metadata": {**(config.get("metadata") or {}), "analyst": analyst["id"]},
        }
        try:
            held = cast("InterviewOutput", await conversation.ainvoke(own, named, context=inside))
        finally:
            context.budget.end_interview(analyst["id"])
        # What an earlier try lacked it has said again, as far as that still holds.
        return {**held, "gaps": [take_back("", analyst["id"]), *held.get("gaps", [])]}

    graph.add_node("interview", hold_interview, input_schema=InterviewTask, error_handler=interview.record_failure)
