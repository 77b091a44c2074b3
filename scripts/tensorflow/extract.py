"""Unpacks what the tfjs-node binding needs from a TensorFlow wheel: extract.py WHEEL FOLDER -> FOLDER/lib, FOLDER/include."""

import pathlib
import shutil
import sys
import zipfile

LIBRARIES = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
HEADERS = ("tensorflow/c/", "tensorflow/core/platform/", "tsl/platform/", "xla/tsl/c/")


def target(name):
    if name in LIBRARIES:
        return pathlib.Path("lib", pathlib.PurePosixPath(name).name)
    header = name.removeprefix("tensorflow/include/")
    wanted = header != name and header.startswith(HEADERS) and header.endswith(".h")
    return pathlib.Path("include", header) if wanted else None


with zipfile.ZipFile(sys.argv[1]) as wheel:
    for name in wheel.namelist():
        if (path := target(name)) is not None:
            path = pathlib.Path(sys.argv[2], path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with wheel.open(name) as source, path.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
