from agent.problems import ErrorCode, InputInvalid, Problem, SettingsInvalid, shown


def test_each_problem_is_a_line_with_file_path_and_expectation() -> None:
    error = InputInvalid([Problem("a.b", "expected x"), Problem("", "expected y")], source="call.yaml")
    assert error.lines() == ("call.yaml: a.b: expected x", "call.yaml: expected y")
    assert SettingsInvalid([Problem("KEY", "expected x")]).lines() == ("KEY: expected x",)


def test_an_error_has_the_code_of_its_first_problem() -> None:
    error = InputInvalid([Problem("a", "x", ErrorCode.UNRESOLVED_VARIABLE), Problem("b", "y")])
    assert error.code is ErrorCode.UNRESOLVED_VARIABLE


def test_names_are_made_printable() -> None:
    assert shown("prompt") == "prompt"
    assert shown("a\x1b[2Jb\nc\u202e") == "a?[2Jb?c?"
    assert shown("x" * 100) == "x" * 57 + "..."
