"""The roles as the graph sees them: what a brief becomes, over the wire and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from servers.openai import Fault, OpenAIServer, Reply, script

from tertulia.agents.language_model.expert import ModelExpert
from tertulia.agents.language_model.interviewer import ModelInterviewer
from tertulia.agents.language_model.planner import ModelPlanner
from tertulia.agents.language_model.writer import ModelWriter
from tertulia.agents.roles import Analyst, Question
from tertulia.errors import ReplyError

from .briefs import (
    TOPIC,
    analyst,
    answer_brief,
    compose_brief,
    excerpt,
    excerpts,
    panel_brief,
    question_brief,
    section,
    section_brief,
    turn,
)
from .chats import chat_with


def proposed(*people: str) -> list[dict[str, str]]:
    """Analysts as a model proposes them, each `name/role`."""
    pairs = [person.split("/") for person in people]
    return [{"name": name, "affiliation": "x", "role": role, "description": f"On {role}."} for name, role in pairs]


async def propose(*replies: Any, **brief: Any) -> tuple[list[Analyst], OpenAIServer]:
    said = [reply if isinstance(reply, str) else json.dumps(reply) for reply in replies]
    with OpenAIServer(script(*said)) as server:
        return await ModelPlanner(chat_with(server)).propose_panel(panel_brief(**brief)), server


def seen(panel: list[Analyst]) -> list[str]:
    return [f"{a['id']} {a['name']}/{a['role']}" for a in panel]


# The panel


async def test_a_panel_takes_one_request():
    panel, server = await propose({"analysts": proposed("Ana/Costs", "Ben/Law", "Eva/Use")})
    assert seen(panel) == ["a1 Ana/Costs", "a2 Ben/Law", "a3 Eva/Use"]
    assert panel[0]["description"] == "On Costs."
    assert len(server.asked) == 1


async def test_a_panel_may_come_as_a_bare_list():
    panel, server = await propose(proposed("Ana/Costs", "Ben/Law"), size=2)
    assert len(panel) == 2
    assert len(server.asked) == 1


async def test_too_many_analysts_are_cut_without_asking_again():
    panel, server = await propose({"analysts": proposed("Ana/Costs", "Ben/Law", "Eva/Use")}, size=2)
    assert seen(panel) == ["a1 Ana/Costs", "a2 Ben/Law"]
    assert len(server.asked) == 1


async def test_a_panel_in_another_language_is_asked_for_once_more():
    description = "Quiere saber cuánto cuesta mantener el portal y quién lo paga cada año desde que se puso en marcha."
    people = [{**person, "description": description} for person in proposed("Ana/Costes", "Ben/Normas")]
    panel, server = await propose({"analysts": people}, {"analysts": proposed("Ana/Costs", "Ben/Law")}, size=2)
    assert seen(panel) == ["a1 Ana/Costs", "a2 Ben/Law"]
    assert "Write roles and descriptions in English" in server.asked[1]["messages"][-1]["content"]


async def test_too_few_analysts_are_asked_for_once_more():
    whole = {"analysts": proposed("Ana/Costs", "Ben/Law")}
    panel, server = await propose({"analysts": proposed("Ana/Costs")}, whole, size=2)
    assert len(panel) == 2
    assert "has 1 entries; exactly 2 are needed" in server.asked[1]["messages"][-1]["content"]


async def test_a_refused_panel_is_asked_for_in_other_words_so_that_no_request_is_sent_a_fourth_time(monkeypatch):
    monkeypatch.setattr("tertulia.agents.language_model.gates.FIRST_WAIT", 0.001)
    whole = json.dumps({"analysts": proposed("Ana/Costs", "Ben/Law")})
    said = [Reply("I can't help with that.", finish_reason="content_filter"), Fault(500), Fault(500), Reply(whole)]
    with OpenAIServer(script(*said)) as server:
        panel = await ModelPlanner(chat_with(server)).propose_panel(panel_brief(size=2))
    assert seen(panel) == ["a1 Ana/Costs", "a2 Ben/Law"]
    first, *later = [asked["messages"][-1]["content"] for asked in server.asked]
    assert later == [later[0]] * 3
    assert later[0].startswith(first)
    assert "An earlier reply to this was a refusal" in later[0].removeprefix(first)


async def test_too_few_analysts_twice_is_an_error():
    few = {"analysts": proposed("Ana/Costs")}
    with pytest.raises(ReplyError, match="1 analysts instead of 2"):
        await propose(few, few, size=2)


@pytest.mark.parametrize(
    ("twins", "told", "repaired"),
    [
        (("Ana/Costs", "ana/Law"), "name 'ana'", ["a1 Ana/Costs", "a2 ana 2/Law"]),
        (("Ana/Costs", "Ben/costs "), "role 'costs'", ["a1 Ana/Costs", "a2 Ben/costs 2"]),
    ],
)
async def test_twins_are_asked_about_once_then_numbered(twins, told, repaired):
    reply = {"analysts": proposed(*twins)}
    panel, server = await propose(reply, reply, size=2)
    assert told in server.asked[1]["messages"][-1]["content"]
    assert seen(panel) == repaired
    assert len(server.asked) == 2


async def test_feedback_changes_only_who_is_not_kept():
    """Who is kept comes back word for word, with id and place; the new one takes the free place."""
    previous = [analyst(1), analyst(2), analyst(3)]
    reply = {"keep": ["a1", "a3"], "analysts": proposed("Eva/Elections")}
    panel, server = await propose(reply, previous=previous, feedback=["Add elections."])
    assert panel[0] == previous[0]
    assert panel[2] == previous[2]
    assert seen(panel)[1] == "a2 Eva/Elections"
    assert "Add elections." in server.asked[0]["messages"][1]["content"]


async def test_the_locked_never_change():
    previous = [analyst(1, locked=True), analyst(2)]
    reply = {"keep": [], "analysts": proposed("Analyst Number1/Taken over", "Eva/Elections")}
    panel, _ = await propose(reply, previous=previous, size=2, feedback=["All new."])
    assert panel[0] == previous[0]
    assert seen(panel)[1] == "a2 Eva/Elections"


async def test_a_changed_analyst_stays_who_it_is():
    """Same name, new focus: the same id and place, though the model keeps it in both lists."""
    reply = {"keep": ["a1", "a2"], "analysts": proposed("Analyst Number1/Costs")}
    panel, _ = await propose(reply, previous=[analyst(1), analyst(2)], size=2, feedback=["a1 on costs."])
    assert seen(panel) == ["a1 Analyst Number1/Costs", "a2 Analyst Number2/Role 2"]
    assert panel[1] == analyst(2)


async def test_names_do_as_well_as_ids_to_keep():
    reply = {"keep": ["Analyst Number2"], "analysts": proposed("Eva/Elections")}
    panel, _ = await propose(reply, previous=[analyst(1), analyst(2)], size=2, feedback=["Elections."])
    assert seen(panel) == ["a1 Eva/Elections", "a2 Analyst Number2/Role 2"]


async def test_a_reply_that_ignores_the_feedback_is_asked_for_once_more():
    previous = [analyst(1), analyst(2)]
    better = {"keep": ["a1"], "analysts": proposed("Eva/Elections")}
    panel, server = await propose(
        {"keep": ["a1", "a2"], "analysts": []}, better, previous=previous, size=2, feedback=["Elections."]
    )
    assert seen(panel)[1] == "a2 Eva/Elections"
    assert "Nothing changes" in server.asked[1]["messages"][-1]["content"]


async def test_a_locked_twin_is_not_the_one_to_be_renamed():
    previous = [analyst(1), analyst(2, locked=True)]
    reply = {"keep": [], "analysts": proposed("Eva/Role 2")}
    panel, _ = await propose(reply, reply, previous=previous, size=2, feedback=["More."])
    assert seen(panel) == ["a1 Eva/Role 2 2", "a2 Analyst Number2/Role 2"]


async def test_more_places_than_before_get_fresh_ids():
    previous = [analyst(2), analyst(3)]
    reply = {"keep": ["a2", "a3"], "analysts": proposed("Eva/Elections", "Ben/Law")}
    panel, _ = await propose(reply, previous=previous, size=4, feedback=["Two more."])
    assert [a["id"] for a in panel] == ["a2", "a3", "a1", "a4"]


async def test_a_panel_of_the_largest_size():
    people = [f"Name {n}/Part {n}" for n in range(64)]
    panel, _ = await propose({"analysts": proposed(*people)}, size=64)
    assert [a["id"] for a in panel] == [f"a{n}" for n in range(1, 65)]


# The question


async def ask(*replies: Any, **brief: Any) -> tuple[Question, OpenAIServer]:
    said = [reply if isinstance(reply, str) else json.dumps(reply) for reply in replies]
    with OpenAIServer(script(*said)) as server:
        return await ModelInterviewer(chat_with(server)).ask(question_brief(**brief)), server


def reply(question: str = "How many?", queries: Any = None, *, done: bool = False) -> dict[str, Any]:
    return {"reason": "Open.", "done": done, "question": question, "queries": queries or {}}


async def test_a_question_takes_one_request_and_names_each_source_in_its_schema():
    queries = {"web": ["open data Spain 2024"], "documents": ["datasets number"]}
    question, server = await ask(reply(queries=queries))
    assert question == {"text": "How many?", "queries": queries, "done": False, "reason": "Open."}
    [body] = server.asked
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["queries"]["required"] == ["web", "documents"]
    assert schema["required"] == ["reason", "done", "question", "queries"]


@pytest.mark.parametrize(
    "queries",
    [
        {"web": "one", "documents": ["two"]},
        [{"source": "web", "text": "one"}, {"source": "documents", "query": "two"}],
        {"Web": ["one", " one "], "Documents": ["two", ""], "newspapers": ["dropped"]},
        [{"source": "web", "text": "one"}, "two"],
    ],
)
async def test_queries_are_read_in_the_forms_that_models_choose(queries):
    question, server = await ask(reply(queries=queries))
    assert question["queries"] == {"web": ["one"], "documents": ["two"]}
    assert len(server.asked) == 1


@pytest.mark.parametrize("queries", [{}, None, "web: one", {"web": None, "documents": [7]}])
async def test_a_source_without_a_query_gets_the_questions_words(queries):
    question, server = await ask(reply("How many datasets has the Junta de Andalucía published?", queries))
    words = ["datasets Junta de Andalucía published"]
    assert question["queries"] == {"web": words, "documents": words}
    assert len(server.asked) == 1


async def test_queries_that_name_no_source_are_for_every_source():
    question, _ = await ask(reply(queries=["one", "two"]))
    assert question["queries"] == {"web": ["one", "two"], "documents": ["one", "two"]}


async def test_no_source_gets_more_than_three_queries():
    question, _ = await ask(reply(queries={"web": ["a", "b", "c", "d"], "documents": ["a"]}))
    assert question["queries"]["web"] == ["a", "b", "c"]


async def test_an_interview_ends_when_the_model_says_so():
    question, _ = await ask(reply("", done=True), turns=[turn(1, [])])
    assert question == {"text": "", "queries": {}, "done": True, "reason": "Open."}


async def test_an_interview_does_not_end_before_it_begins():
    question, server = await ask(reply("", done=True), reply("How many?"))
    assert question["text"] == "How many?"
    assert "has not begun" in server.asked[1]["messages"][-1]["content"]


async def test_who_never_asks_is_given_the_analysts_focus():
    question, _ = await ask(reply(""), reply(""))
    assert question["text"] == "Wants to know about part 1."
    assert not question["done"]


# The answer


async def test_an_answer_is_what_the_model_says():
    with OpenAIServer(script("<think>x</think>There are 100 [k7qdm4].")) as server:
        answer = await ModelExpert(chat_with(server)).answer(answer_brief())
    assert answer == "There are 100 [k7qdm4]."


async def test_an_answer_is_prose_with_the_keys_that_were_meant():
    shown = excerpts(3)
    keys = [e.key for e in shown]
    said = f"Based on the provided passages, there are 100 [{keys[0][:5]}, {keys[1]}].\n\n**More**\n\nAnd 200 [zzzzz9]."
    with OpenAIServer(script(said)) as server:
        answer = await ModelExpert(chat_with(server)).answer(answer_brief(excerpts=shown))
    assert answer == f"There are 100 [{keys[0]}, {keys[1]}].\n\nAnd 200 [zzzzz9]."


@pytest.mark.parametrize(
    ("language", "begins"), [("es-ES", "Las fuentes"), ("eu", "Aurkitutako"), ("fr", "The sources")]
)
async def test_without_passages_nobody_is_asked(language, begins):
    with OpenAIServer() as server:
        answer = await ModelExpert(chat_with(server)).answer(answer_brief(excerpts=[], language=language))
    assert answer.startswith(begins)
    assert "[" not in answer
    assert server.requests == []


# The section, the introduction, the conclusion


async def test_a_section_has_the_heading_as_its_title():
    with OpenAIServer(script("## Half the portals have an API\n\nBody [k7qdm4].")) as server:
        written = await ModelWriter(chat_with(server)).write_section(section_brief())
    assert written == {"analyst": "a1", "title": "Half the portals have an API", "text": "Body [k7qdm4]."}


async def test_a_section_has_no_headings_of_its_own():
    said = "# T\n\nOne.\n\n**A part**\n\n**Two.** Three.\n\n### Another\n\nFour."
    with OpenAIServer(script(said)) as server:
        written = await ModelWriter(chat_with(server)).write_section(section_brief())
    assert written["text"] == "One.\n\n**Two.** Three.\n\nFour."


async def test_a_section_without_heading_is_called_after_the_analysts_role():
    with OpenAIServer(script("Body [k7qdm4]. And more.")) as server:
        written = await ModelWriter(chat_with(server)).write_section(section_brief())
    assert (written["title"], written["text"]) == ("Role 1", "Body [k7qdm4]. And more.")


async def test_an_interview_without_evidence_is_no_section():
    with OpenAIServer() as server:
        written = await ModelWriter(chat_with(server)).write_section(section_brief(excerpts=[]))
    assert written["text"] == ""
    assert server.requests == []


async def test_an_introduction_has_a_title_or_the_topic():
    with OpenAIServer(script("# Portals grow\n\nBody.", "Only a body, and not a short one at all.")) as server:
        writer = ModelWriter(chat_with(server))
        openings = [await writer.write_introduction(compose_brief()) for _ in range(2)]
    assert openings[0] == {"title": "Portals grow", "text": "Body."}
    assert openings[1]["title"] == TOPIC


async def test_a_conclusion_loses_its_heading():
    with OpenAIServer(script("## Conclusion\n\nPortals grow [k7qdm4].")) as server:
        assert await ModelWriter(chat_with(server)).write_conclusion(compose_brief()) == "Portals grow [k7qdm4]."


async def test_introduction_and_conclusion_cite_what_the_sections_cite():
    key = excerpts(2)[0].key
    slip = key[:2] + key[3:]
    with OpenAIServer(script(f"# T\n\nOne [{slip}].", f"In conclusion, two [{slip}].")) as server:
        opening = await ModelWriter(chat_with(server)).write_introduction(compose_brief())
        conclusion = await ModelWriter(chat_with(server)).write_conclusion(compose_brief())
    assert (opening["text"], conclusion) == (f"One [{key}].", f"Two [{key}].")


async def test_a_section_that_is_cut_off_is_continued():
    with OpenAIServer(script(Reply("# T\n\nOne. Tw", finish_reason="length"), "Two.")) as server:
        written = await ModelWriter(chat_with(server)).write_section(section_brief())
    assert (written["title"], written["text"]) == ("T", "One. Two.")


# The server's own brain, with which whole runs are tested


async def test_the_default_brain_plays_every_role():
    """Each reply is valid at once, cites keys of the prompt, and is the same the next time."""
    shown = excerpts(3)
    with OpenAIServer() as server:
        chat = chat_with(server)
        for _ in range(2):
            panel = await ModelPlanner(chat).propose_panel(panel_brief())
            await ModelPlanner(chat).propose_panel(panel_brief(previous=panel, feedback=["Elections."]))
            question = await ModelInterviewer(chat).ask(question_brief())
            answer = await ModelExpert(chat).answer(answer_brief())
            written = await ModelWriter(chat).write_section(section_brief())
            sections = [section(1, [shown[0].key]), section(2, [shown[1].key])]
            opening = await ModelWriter(chat).write_introduction(compose_brief(sections=sections))
            conclusion = await ModelWriter(chat).write_conclusion(compose_brief(sections=sections))
    assert len(server.asked) == 14
    assert server.asked[:7] == server.asked[7:]
    assert set(question["queries"]) == {"web", "documents"}
    key = excerpt(1).key
    for text in (answer, written["text"], opening["text"], conclusion):
        assert "[" in text
    assert f"[{key}]" in answer
    assert opening["title"] != TOPIC
