"""Pages of worker_targets.py that fail, each with its error and a pattern of the message. Every pool must say the same."""

from __future__ import annotations

FAILURES = {
    "refuse no article": ("NoArticle", r"^no article$"),
    "explode": ("ConversionCrashed", r"^http://a.com/ of 20200102030405: ValueError: first line second line$"),
    "leave": ("ConversionCrashed", r"SystemExit: 4$"),
    "recurse": ("ConversionCrashed", r"RecursionError"),
    "unpicklable": ("ConversionCrashed", r"Can't (pickle|get local object)"),
    "refuse_awkwardly x": ("ConversionCrashed", r"its result can't be read \(TypeError: "),
    "hang ": ("ConversionTimedOut", r"^http://a.com/ of 20200102030405: not converted within 3 s$"),
    "end 7": ("WorkerDied", r"its process ended with status 7$"),
    "end 0": ("ConversionTimedOut", r"not converted within 3 s$"),  # pebble takes status 0 for a worker's retirement
    "kill SIGKILL": ("WorkerDied", r"its process ended with status -9$"),
    "crash": ("WorkerDied", r"its process ended with status -11$"),
}
