"""The forest of an ONNX model as plain numbers, for programs that read no ONNX (java/Forest.java, which lays its arrays
out from it). Reads the protobuf itself: the onnx package is not among the packages of the benches.

    python onnx_dump.py MODEL.onnx OUT

OUT, big-endian, words as Java's writeUTF: number of features; of each its name, the number of its words (0: it is a
number), word and float number of each, and then that of other words; number of classes; number of trees; of each the
number of its nodes; of each node its feature, float threshold, left and right child (x <= threshold goes left), or -1 and
the votes of a leaf for each class, floats. Sums are to be made as doubles in the order of the trees.
SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import struct
import sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7f) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data):
    """(number, value) of each field of a message: an int, or bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {kind}")
        yield tag >> 3, value


def signed(value):
    return value - (1 << 64) if value >= 1 << 63 else value


def integers(value):
    """Of a repeated field: one, or packed."""
    if isinstance(value, int):
        return [signed(value)]
    found, at = [], 0
    while at < len(value):
        one, at = varint(value, at)
        found.append(signed(one))
    return found


def attribute(data):
    """(name, value): AttributeProto of onnx.proto."""
    name, single, lists = "", None, {7: [], 8: [], 9: []}
    for number, value in fields(data):
        if number == 1:
            name = value.decode()
        elif number == 2:
            single = struct.unpack("<f", value)[0]
        elif number == 3:
            single = signed(value)
        elif number == 4:
            single = value.decode()
        elif number == 7:
            lists[7].extend(struct.unpack(f"<{len(value) // 4}f", value))
        elif number == 8:
            lists[8].extend(integers(value))
        elif number == 9:
            lists[9].append(value.decode())
    return name, single if single is not None else next((some for some in lists.values() if some), [])


def node(data):
    inputs, outputs, kind, attributes = [], [], "", {}
    for number, value in fields(data):
        if number == 1:
            inputs.append(value.decode())
        elif number == 2:
            outputs.append(value.decode())
        elif number == 4:
            kind = value.decode()
        elif number == 5:
            name, of = attribute(value)
            attributes[name] = of
    return {"kind": kind, "inputs": inputs, "outputs": outputs, **attributes}


def nodes_of(model):
    graph = next(value for number, value in fields(model) if number == 7)
    return [node(value) for number, value in fields(graph) if number == 1]


def features_of(name, makers):
    """[(input's name, its LabelEncoder or None)], in order, of what goes into a tensor."""
    maker = makers.get(name)
    if maker is None:
        return [(name, None)]
    if maker["kind"] == "Concat":
        return [feature for one in maker["inputs"] for feature in features_of(one, makers)]
    if maker["kind"] in ("Cast", "Reshape"):
        return features_of(maker["inputs"][0], makers)
    if maker["kind"] == "LabelEncoder":
        return [(maker["inputs"][0], maker)]
    raise ValueError(f"a model with {maker['kind']} before its trees")


def word(text):
    data = text.encode()
    return struct.pack(">H", len(data)) + data


def dump_features(features):
    yield struct.pack(">i", len(features))
    for name, encoder in features:
        words = encoder["keys_strings"] if encoder else []
        yield word(name) + struct.pack(">i", len(words))
        for text, number in zip(words, encoder["values_int64s"] if encoder else []):
            yield word(text) + struct.pack(">f", number)
        if encoder:
            yield struct.pack(">f", encoder["default_int64"])


def dump_trees(forest):
    classes = forest["classlabels_int64s"]
    if classes != list(range(len(classes))) or forest.get("post_transform", "NONE") != "NONE":
        raise ValueError("classes that are not 0, 1, ..., or a transform of the votes")
    votes = {}
    for tree, leaf, of, weight in zip(forest["class_treeids"], forest["class_nodeids"], forest["class_ids"],
                                      forest["class_weights"]):
        votes.setdefault((tree, leaf), [0.0] * len(classes))[of] = weight
    trees = {}
    for row in zip(forest["nodes_treeids"], forest["nodes_nodeids"], forest["nodes_modes"], forest["nodes_featureids"],
                   forest["nodes_values"], forest["nodes_truenodeids"], forest["nodes_falsenodeids"]):
        trees.setdefault(row[0], []).append(row)
    yield struct.pack(">ii", len(classes), len(trees))
    for number, rows in trees.items():
        yield struct.pack(">i", len(rows))
        for place, (_, at, mode, feature, threshold, left, right) in enumerate(rows):
            if at != place or mode not in ("BRANCH_LEQ", "LEAF"):
                raise ValueError(f"a node {at} at {place}, of mode {mode}")
            if mode == "LEAF":
                yield struct.pack(f">i{len(classes)}f", -1, *votes[number, at])
            else:
                yield struct.pack(">ifii", feature, threshold, left, right)


def dump(model):
    nodes = nodes_of(model)
    makers = {name: one for one in nodes for name in one["outputs"]}
    forest, = [one for one in nodes if one["kind"] == "TreeEnsembleClassifier"]
    return b"".join([*dump_features(features_of(forest["inputs"][0], makers)), *dump_trees(forest)])


if __name__ == "__main__":
    pathlib.Path(sys.argv[2]).write_bytes(dump(pathlib.Path(sys.argv[1]).read_bytes()))
