"""The listings are run as programs, by `snippet`; they are no modules to collect."""

collect_ignore_glob = ["[!_]*.py"]
