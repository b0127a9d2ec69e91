import pytest
import typer
from typer.testing import CliRunner

from sabench.cli.app import app
from sabench.cli.commands import COMMANDS, mounted

runner = CliRunner()


def test_every_command_is_named():
    assert list(typer.main.get_command(app).commands) == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_alone_says_what_it_says_among_all(command):
    alone, among = (runner.invoke(one, [command, "--help"]).output for one in (mounted(command), app))
    assert "Usage: sabench" in alone
    assert alone == among


@pytest.mark.parametrize("typed", ["lsit", "--help", ""])
def test_all_commands_are_there_for_what_is_none(typed):
    assert len(typer.main.get_command(mounted(typed)).commands) == len(COMMANDS)
