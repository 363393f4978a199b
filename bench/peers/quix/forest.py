"""A random forest as Python: a function of nested ifs, made from what ../kafka_streams/onnx_dump.py writes. A record costs
a tenth of what a call of a model's library does.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import struct


class Dump:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, form):
        form = ">" + form
        found = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return found

    def int(self):
        return self.take("i")[0]

    def word(self):
        size, = self.take("H")
        self.at += size
        return self.data[self.at - size:self.at].decode()

    def codes(self):
        """(numbers of words, number of other words), or nothing for a number."""
        count = self.int()
        if not count:
            return None
        return {self.word(): self.take("f")[0] for _ in range(count)}, self.take("f")[0]

    def tree(self, classes):
        nodes = []
        for _ in range(self.int()):
            feature = self.int()
            nodes.append((feature, self.take("fii" if feature >= 0 else f"{classes}f")))
        return nodes


def lines(nodes, at, indent):
    feature, rest = nodes[at]
    pad = " " * indent
    if feature < 0:
        yield pad + "; ".join(f"s{c} += {vote!r}" for c, vote in enumerate(rest))
        return
    threshold, left, right = rest
    yield f"{pad}if x{feature} <= {threshold!r}:"
    yield from lines(nodes, left, indent + 1)
    yield f"{pad}else:"
    yield from lines(nodes, right, indent + 1)


def read(path):
    """(features, codes by feature, function from the features to the votes for each class)"""
    dump = Dump(pathlib.Path(path).read_bytes())
    features = {}
    for _ in range(dump.int()):
        name = dump.word()
        features[name] = dump.codes()
    classes = dump.int()
    sums = [f"s{c}" for c in range(classes)]
    text = [f"def votes({', '.join(f'x{n}' for n in range(len(features)))}):", f" {' = '.join(sums)} = 0.0"]
    for _ in range(dump.int()):
        text += lines(dump.tree(classes), 0, 1)
    text.append(f" return {', '.join(sums)}")
    made = {}
    exec("\n".join(text), made)  # numbers and names of our own
    return list(features), features, made["votes"]
