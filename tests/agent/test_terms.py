from agent.models.assistant import ContextEntry, SttContext
from agent.terms import MOST_BYTES, MOST_CHARACTERS, MOST_DRAWN, MOST_TERMS, Expected, drawn, key_terms, whole_context


def test_names_within_sentences_are_drawn() -> None:
    prompt = "You call for Bright Dental about the Aligner Plus plan. Ask for Sarah. Then, say goodbye to Sarah."
    assert drawn(prompt, "en") == ["Sarah", "Bright Dental", "Aligner Plus"]


def test_sentence_starts_headings_shouting_and_common_words_are_not() -> None:
    prompt = "# Your Big Role\nSteps To Follow:\n- Greet them. NEVER lie! Always be kind; I mean It. Is it fine?"
    assert drawn(prompt, "en") == []


def test_german_nouns_are_not_names_unless_two_stand_together() -> None:
    assert drawn("Du rufst wegen der Zahnreinigung für die Praxis Weber an.", "de") == ["Praxis Weber"]


def test_drawn_terms_are_added_and_never_replace_what_is_given() -> None:
    context = SttContext(terms=("zirconia", " Sarah ", ""), general=(ContextEntry(key="topic", value="implants"),))
    prompt = "Talk to Sarah at Lakeside."
    assert key_terms(context, prompt, "en") == Expected(("zirconia", "Sarah", "implants", "Lakeside"))
    facts = (("topic", "implants"),)
    assert whole_context(context, prompt, "en") == Expected(("zirconia", "Sarah", "Lakeside"), facts)


def test_there_is_a_bound_and_what_is_left_out_is_counted() -> None:
    many = SttContext(terms=tuple(f"term{index}" for index in range(MOST_TERMS + 5)))
    expected = key_terms(many, "", "en")
    assert (len(expected.terms), expected.left_out) == (MOST_TERMS, 5)
    assert whole_context(many, "", "en") == Expected(many.terms)
    long = SttContext(terms=("x" * (MOST_CHARACTERS + 1), "short"))
    assert key_terms(long, "", "en") == Expected(("short",), left_out=1)
    names = " ".join(f"and N{chr(97 + index // 26)}{chr(97 + index % 26)}" for index in range(60))
    assert len(drawn(names, "en")) == MOST_DRAWN


def test_a_context_is_bounded_as_a_whole_and_facts_come_first() -> None:
    facts = (ContextEntry(key="k", value="é" * (MOST_BYTES // 2 - 5)), ContextEntry(key="topic", value="implants"))
    context = SttContext(general=(*facts, ContextEntry(key="blank", value=" ")), terms=("four", "zirconia"))
    kept = whole_context(context, "Talk to Sarah.", "en")
    assert kept == Expected(("four", "Sarah"), (("k", facts[0].value),), left_out=2)


def test_a_long_prompt_is_read_in_no_time() -> None:
    assert drawn("so Sarah says " * 20_000, "en") == ["Sarah"]
