/* A random forest in flat arrays, and the features that its model wants.
 *
 * Every tree is padded to a full one of the same depth (children of node i at 2i + 1 and 2i + 2), so that a step is
 * arithmetic and no branch; four trees go down at once, so that four loads are in flight. Of the forms tried in Java
 * this is the fastest, by four times over linked nodes and a loop until the leaf.
 *
 * SPDX-License-Identifier: Apache-2.0 */
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

final class Forest {
    private static final int LANES = 4;

    /** Names of the features, in the order of the model. */
    final String[] features;
    private final Map<String, Words> words = new HashMap<>();
    private final int classes;
    private final int trees;
    private final int depth;
    private final int inner; // nodes of a tree that are no leaves
    private final int[] feature;
    private final float[] threshold;
    private final float[] weight; // four per leaf

    /** A feature whose values are words: the number of each, and that of those that the model was not trained with. */
    record Words(Map<String, Float> numbers, float unseen) {
        float number(String word) {
            Float number = numbers.get(word);
            return number != null ? number : unseen;
        }
    }

    private record Node(int feature, float threshold, int left, int right, float[] votes) {
    }

    /** Reads what onnx_dump.py writes. */
    Forest(Path dump) throws IOException {
        try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(dump)))) {
            features = new String[in.readInt()];
            for (int i = 0; i < features.length; i++) {
                features[i] = in.readUTF();
                readWords(in, features[i]);
            }
            classes = in.readInt();
            if (classes > LANES) {
                throw new IOException(classes + " classes; at most four are supported");
            }
            Node[][] found = new Node[in.readInt()][];
            int deepest = 1;
            for (int t = 0; t < found.length; t++) {
                found[t] = readTree(in);
                deepest = Math.max(deepest, depthOf(found[t], 0));
            }
            depth = deepest;
            inner = (1 << depth) - 1;
            trees = (found.length + LANES - 1) / LANES * LANES;
            feature = new int[trees * inner];
            threshold = new float[trees * inner];
            weight = new float[trees * (inner + 1) * LANES];
            for (int t = 0; t < found.length; t++) {
                place(found[t], 0, t, 0, 0);
            }
        }
    }

    private void readWords(DataInputStream in, String name) throws IOException {
        int n = in.readInt();
        if (n == 0) {
            return;
        }
        Map<String, Float> numbers = new HashMap<>();
        for (int i = 0; i < n; i++) {
            numbers.put(in.readUTF(), in.readFloat());
        }
        words.put(name, new Words(numbers, in.readFloat()));
    }

    private Node[] readTree(DataInputStream in) throws IOException {
        Node[] nodes = new Node[in.readInt()];
        for (int i = 0; i < nodes.length; i++) {
            int of = in.readInt();
            if (of >= 0) {
                nodes[i] = new Node(of, in.readFloat(), in.readInt(), in.readInt(), null);
                continue;
            }
            float[] votes = new float[classes];
            for (int c = 0; c < classes; c++) {
                votes[c] = in.readFloat();
            }
            nodes[i] = new Node(-1, 0, 0, 0, votes);
        }
        return nodes;
    }

    private static int depthOf(Node[] nodes, int at) {
        Node node = nodes[at];
        return node.votes != null ? 0 : 1 + Math.max(depthOf(nodes, node.left), depthOf(nodes, node.right));
    }

    /** Puts a node at position `at` of tree t, and what is below it: a leaf that comes early stands on both sides. */
    private void place(Node[] nodes, int number, int t, int at, int level) {
        Node node = nodes[number];
        if (level == depth) {
            System.arraycopy(node.votes, 0, weight, (t * (inner + 1) + at - inner) * LANES, classes);
            return;
        }
        boolean leaf = node.votes != null;
        feature[t * inner + at] = leaf ? 0 : node.feature;
        threshold[t * inner + at] = leaf ? 0 : node.threshold;
        place(nodes, leaf ? number : node.left, t, 2 * at + 1, level + 1);
        place(nodes, leaf ? number : node.right, t, 2 * at + 2, level + 1);
    }

    Words words(String feature) {
        return words.get(feature);
    }

    /** 1 where x is greater than the node's threshold. Exact for all finite numbers. */
    private static int right(float[] threshold, int[] feature, int at, float[] x) {
        return Float.floatToRawIntBits(threshold[at] - x[feature[at]]) >>> 31;
    }

    /** The class of one row: float comparisons and votes, summed as doubles in the order of the trees. */
    int classify(float[] x) {
        final int[] feature = this.feature;
        final float[] threshold = this.threshold;
        final float[] weight = this.weight;
        final int inner = this.inner, depth = this.depth, leaves = inner + 1;
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0;

        for (int t = 0; t < trees; t += LANES) {
            int r0 = t * inner, r1 = r0 + inner, r2 = r1 + inner, r3 = r2 + inner;
            int a0 = r0, a1 = r1, a2 = r2, a3 = r3;

            for (int d = 0; d < depth; d++) {
                a0 = 2 * a0 - r0 + 1 + right(threshold, feature, a0, x);
                a1 = 2 * a1 - r1 + 1 + right(threshold, feature, a1, x);
                a2 = 2 * a2 - r2 + 1 + right(threshold, feature, a2, x);
                a3 = 2 * a3 - r3 + 1 + right(threshold, feature, a3, x);
            }
            int l0 = (t * leaves + a0 - r0 - inner) * LANES;
            int l1 = ((t + 1) * leaves + a1 - r1 - inner) * LANES;
            int l2 = ((t + 2) * leaves + a2 - r2 - inner) * LANES;
            int l3 = ((t + 3) * leaves + a3 - r3 - inner) * LANES;
            s0 = s0 + weight[l0] + weight[l1] + weight[l2] + weight[l3];
            s1 = s1 + weight[l0 + 1] + weight[l1 + 1] + weight[l2 + 1] + weight[l3 + 1];
            s2 = s2 + weight[l0 + 2] + weight[l1 + 2] + weight[l2 + 2] + weight[l3 + 2];
            s3 = s3 + weight[l0 + 3] + weight[l1 + 3] + weight[l2 + 3] + weight[l3 + 3];
        }
        return highest((float) s0, (float) s1, (float) s2, (float) s3);
    }

    /** The first of the highest. */
    private static int highest(float v0, float v1, float v2, float v3) {
        int best = 0;
        float of = v0;
        if (v1 > of) {
            best = 1;
            of = v1;
        }
        if (v2 > of) {
            best = 2;
            of = v2;
        }
        return v3 > of ? 3 : best;
    }
}
