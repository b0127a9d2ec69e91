import json

import pytest

from sabench.cli import output


def test_json_is_one_object_without_not_a_number(capsys):
    output.print_json({"b": [1.0, float("nan")], "a": ("x", None)})
    assert json.loads(capsys.readouterr().out) == {"b": [1.0, None], "a": ["x", None]}


def test_messages_leave_standard_output_alone(capsys):
    output.message("hello")
    assert capsys.readouterr() == ("", "hello\n")


def test_no_name_commands_the_terminal(capsys):
    output.message("a\x1b[31m b\x9b31m")
    output.say("a\x1b[31m\r b\n")
    output.table("t\x1b[31m", ("n\x1b[31m",), [("c\x1b[31m\x07",)])
    printed = capsys.readouterr()
    assert printed.err == "a[31m b31m\n"
    assert printed.out.startswith("a[31m b\n")
    assert "c[31m" in printed.out
    assert not {"\x1b", "\x9b", "\x07", "\r"} & {*printed.out, *printed.err}


def test_a_table_in_a_pipe_is_not_cut_at_80_columns(capsys):
    output.table("t", ("name",), [("x" * 120,)])
    assert "x" * 120 in capsys.readouterr().out


def test_a_table_shows_values_as_they_are_and_nothing_for_none(capsys):
    output.table("", ("name", "n"), [("[bold]a[/bold]", 1234), ("b", None)])
    printed = capsys.readouterr().out
    for words in ("[bold]a[/bold]", "1,234", "-"):
        assert words in printed


def test_a_table_without_column_names_has_no_header(capsys):
    output.table("t", ("", ""), [("a", "b")])
    assert capsys.readouterr().out == "t\na  b\n"


def test_progress_tells_start_and_end_where_nobody_watches(capsys):
    with output.progress("Counting") as told:
        for done in range(1, 4):
            told(done, 3)
    printed = capsys.readouterr()
    assert printed.out == ""
    first, last = printed.err.splitlines()
    assert first == "Counting (3) ..."
    assert last.startswith("Counting: 3 of 3 in 0.")


def test_progress_without_work_is_silent(capsys):
    with output.progress("Counting"):
        pass
    assert capsys.readouterr() == ("", "")


def fail_at_one_of_three():
    with output.progress("Counting") as told:
        told(1, 3)
        raise RuntimeError


def test_progress_ends_where_work_fails(capsys):
    with pytest.raises(RuntimeError):
        fail_at_one_of_three()
    assert "Counting: 1 of 3" in capsys.readouterr().err


def test_progress_in_a_terminal_is_a_bar(capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with output.progress("[b]Count\x1b[31ming") as told:
        told(3, 3)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "[b]Count[31ming" in printed.err
    assert "3/3" in printed.err
