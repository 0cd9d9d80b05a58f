"""Turn an exported transformer into one that multiplies in 8 bits.

Weights get one scale a column. Activations get one fixed scale a layer, measured once over example
texts: with scales found anew in each batch, as the usual dynamic quantisation does, the same text
would get another vector in other company (cosine .99), and finding them costs time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.vectors import Vectors

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

Feed = Mapping[str, NDArray[np.int64]]
"""What a session is run with: token numbers, mask and types of one text."""

Range = tuple[float, float]

_MOST = 127
_LEVELS = 255
_DOMAIN = "com.microsoft"  # onnxruntime's own operators


def quantize(plain: Path, file: Path, examples: Iterable[Feed]) -> None:
    """Write the 32-bit model `plain` with 8-bit products of weights and activations to `file`."""
    import onnx

    model = onnx.load(plain)
    weights = {item.name: onnx.numpy_helper.to_array(item) for item in model.graph.initializer}
    products = [n for n in model.graph.node if n.op_type == "MatMul" and n.input[1] in weights]
    ranges = _activation_ranges(plain, {node.input[0] for node in products}, examples)
    _Rewriting(model, weights, ranges).rewrite(products)
    model.opset_import.append(onnx.helper.make_opsetid(_DOMAIN, 1))
    onnx.save(model, file)


def _activation_ranges(
    plain: Path, activations: set[str], examples: Iterable[Feed]
) -> dict[str, Range]:
    """The smallest and largest value of each activation over the examples."""
    import onnx
    import onnxruntime

    model = onnx.load(plain)
    names = sorted(activations)
    kind = onnx.TensorProto.FLOAT
    model.graph.output.extend(onnx.helper.make_tensor_value_info(n, kind, None) for n in names)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    wanted = [item.name for item in session.get_inputs()]
    ranges: dict[str, Range] = dict.fromkeys(names, (0.0, 0.0))
    for feed in examples:
        values = session.run(names, {name: feed[name] for name in wanted})
        for name, value in zip(names, values, strict=True):
            least, most = ranges[name]
            ranges[name] = (min(least, float(value.min())), max(most, float(value.max())))
    return ranges


class _Rewriting:
    """Replaces products in a graph, keeping the order that ONNX asks for."""

    def __init__(
        self, model: ModelProto, weights: Mapping[str, Vectors], ranges: Mapping[str, Range]
    ) -> None:
        self._graph = model.graph
        self._weights = weights
        self._ranges = ranges
        self._rounded: set[str] = set()
        self._gone: set[str] = set()

    def rewrite(self, products: Iterable[NodeProto]) -> None:
        """Give each product an 8-bit one in its place, the addition of its bias included."""
        replacement = {node.name: list(self._quantized(node)) for node in products}
        nodes: list[NodeProto] = []
        for node in self._graph.node:
            if node.name in replacement:
                nodes.extend(replacement[node.name])
            elif node.name not in self._gone:
                nodes.append(node)
        del self._graph.node[:]
        self._graph.node.extend(nodes)
        used = {name for node in nodes for name in node.input}
        kept = [item for item in self._graph.initializer if item.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def _quantized(self, product: NodeProto) -> Iterator[NodeProto]:
        """Round the activation, unless another product has done so, then multiply."""
        from onnx import helper

        source, weight = product.input
        rounded, scale, zero = (f"{source}/{part}" for part in ("rounded", "scale", "zero"))
        if source not in self._rounded:
            self._rounded.add(source)
            least, most = self._ranges[source]
            step = (most - least) / _LEVELS
            self._constant(scale, np.array(step, np.float32))
            self._constant(zero, np.array(round(-least / step), np.uint8))
            yield helper.make_node("QuantizeLinear", [source, scale, zero], [rounded])
        small, steps, middle = (f"{weight}/{part}" for part in ("small", "steps", "middle"))
        values = self._weights[weight]
        columns = np.abs(values).max(axis=0) / _MOST
        self._constant(small, np.round(values / columns).astype(np.int8))
        self._constant(steps, columns.astype(np.float32))
        self._constant(middle, np.zeros(len(columns), np.int8))
        bias, output = self._bias_after(product)
        inputs = [rounded, small, scale, steps, zero, middle, bias]
        yield helper.make_node("MatMulIntegerToFloat", inputs, [output], domain=_DOMAIN)

    def _bias_after(self, product: NodeProto) -> tuple[str, str]:
        """The constant that is added to the product, and the name of the sum; else no bias."""
        (output,) = product.output
        users = [node for node in self._graph.node if output in node.input]
        if len(users) == 1 and users[0].op_type == "Add":
            other = next(name for name in users[0].input if name != output)
            if other in self._weights and self._weights[other].ndim == 1:
                self._gone.add(users[0].name)
                return other, users[0].output[0]
        return "", output

    def _constant(self, name: str, value: NDArray[np.generic]) -> None:
        from onnx import numpy_helper

        self._graph.initializer.append(numpy_helper.from_array(value, name))
