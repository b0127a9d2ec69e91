"""The results folder, and what reads like one."""
