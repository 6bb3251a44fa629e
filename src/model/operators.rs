//! The operators that one of the two runtimes has, whatever module of the page runs: for telling before a run what a network asks in vain.
//!
//! `tests/inspect.rs` holds these lists against the runtimes' own.

/// tract's, in order.
#[rustfmt::skip]
pub const KNOWN: &[&str] = &[
    "Abs", "Acos", "Acosh", "Add", "And", "ArgMax", "ArgMin", "ArrayFeatureExtractor", "Asin", "Asinh", "Atan", "Atanh", "AveragePool",
    "BatchNormalization", "BiasGelu", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor", "BlackmanWindow", "Cast",
    "CastLike", "CategoryMapper", "Ceil", "Celu", "Clip", "Compress", "Concat", "Constant", "ConstantLike", "ConstantOfShape", "Conv",
    "ConvInteger", "ConvTranspose", "Cos", "Cosh", "CumSum", "DFT", "DepthToSpace", "DequantizeLinear", "Div", "Dropout",
    "DynamicQuantizeLinear", "Einsum", "Elu", "Equal", "Erf", "Exp", "Expand", "EyeLike", "FastGelu", "Flatten", "Floor", "GRU", "Gather",
    "GatherBlockQuantized", "GatherElements", "GatherND", "Gelu", "Gemm", "GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "Greater",
    "GreaterOrEqual", "GridSample", "GroupNormalization", "HammingWindow", "HannWindow", "HardSigmoid", "HardSwish", "Hardmax", "Identity",
    "If", "InstanceNormalization", "IsInf", "IsNaN", "LRN", "LSTM", "LayerNormalization", "LeakyRelu", "Less", "LessOrEqual",
    "LinearClassifier", "LinearRegressor", "Log", "LogSoftmax", "LpNormalization", "MatMul", "MatMulInteger", "MatMulNBits", "Max",
    "MaxPool", "Mean", "MeanVarianceNormalization", "MelWeightMatrix", "Min", "Mish", "Mod", "Mul", "Multinomial", "Neg",
    "NonMaxSuppression", "NonZero", "Normalizer", "Not", "OneHot", "Or", "PRelu", "Pad", "ParametricSoftplus", "Pow", "QLinearConv",
    "QLinearMatMul", "QuantizeLinear", "QuickGelu", "RMSNormalization", "RNN", "RandomNormal", "RandomNormalLike", "RandomUniform",
    "RandomUniformLike", "Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
    "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "Resize", "RotaryEmbedding", "Round", "Rsqrt", "STFT",
    "ScaledTanh", "Scan", "Scatter", "ScatterElements", "ScatterND", "Selu", "Shape", "Shrink", "Sigmoid", "Sign",
    "SimplifiedLayerNormalization", "Sin", "Sinh", "Size", "SkipLayerNormalization", "SkipSimplifiedLayerNormalization", "Slice", "Softmax",
    "Softplus", "Softsign", "SpaceToDepth", "Split", "Sqrt", "Squeeze", "Sub", "Sum", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Tile",
    "TopK", "Transpose", "TreeEnsembleClassifier", "Trilu", "Unsqueeze", "Where", "Xor",
];

/// Those that only our own kernels have, with their domain.
#[rustfmt::skip]
pub const OWN: &[(&str, &str)] = &[
    ("", "Upsample"),
    ("com.microsoft", "QGemm"),
    ("com.microsoft", "QLinearAdd"),
    ("com.microsoft", "QLinearAveragePool"),
    ("com.microsoft", "QLinearConcat"),
    ("com.microsoft", "QLinearGlobalAveragePool"),
    ("com.microsoft", "QLinearLeakyRelu"),
    ("com.microsoft", "QLinearMul"),
    ("com.microsoft", "QLinearSigmoid"),
];

/// True where a runtime knows an operator: tract by its name alone, whatever the domain, our own kernels by both.
pub fn known(domain: &str, name: &str) -> bool {
    KNOWN.binary_search(&name).is_ok() || OWN.contains(&(domain, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(KNOWN.is_sorted(), "it is searched by halves");
        assert!(known("", "Conv") && known("", "Resize") && !known("", "Col2Im"));
        assert!(known("com.microsoft", "QLinearAdd") && !known("", "QLinearAdd"));
    }
}
