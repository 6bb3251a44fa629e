//! The operators: one line here and one function in a file beside it.

pub(super) mod binary;
pub(super) mod concat;
pub(super) mod conv;
pub(super) mod copy;
pub(super) mod dynamic;
pub(super) mod matmul;
pub(super) mod norm;
pub(super) mod pool;
pub(super) mod quant;
pub(super) mod reduce;
pub(super) mod resize;
pub(super) mod shape;
pub(super) mod transposed;
pub(super) mod unary;

use super::build::{Builder, Lay};
use crate::model::onnx::Node;

/// How nodes of one operator are laid out.
pub(super) struct Operator {
    /// Operator set; empty for ONNX's own.
    pub(super) domain: &'static str,
    pub(super) name: &'static str,
    pub(super) lay: for<'a> fn(&mut Builder<'a>, &'a Node<'a>) -> Lay<()>,
}

/// onnxruntime's own operator set.
const MICROSOFT: &str = "com.microsoft";

macro_rules! table {
    ($($domain:expr, $name:literal => $lay:path;)*) => {
        &[$(Operator { domain: $domain, name: $name, lay: $lay }),*]
    };
}

/// All operators.
pub(super) const OPERATORS: &[Operator] = table! {
    "", "Conv" => conv::float;
    "", "ConvTranspose" => transposed::float;
    "", "QLinearConv" => conv::quantized;
    "", "MaxPool" => pool::greatest;
    "", "AveragePool" => pool::mean;
    "", "GlobalMaxPool" => pool::global_greatest;
    "", "GlobalAveragePool" => pool::global_mean;
    MICROSOFT, "QLinearAveragePool" => pool::quantized_mean;
    MICROSOFT, "QLinearGlobalAveragePool" => pool::quantized_global_mean;
    "", "Gemm" => matmul::gemm;
    "", "MatMul" => matmul::product;
    "", "QLinearMatMul" => matmul::quantized;
    MICROSOFT, "QGemm" => matmul::quantized_gemm;
    "", "BatchNormalization" => norm::batch;
    "", "InstanceNormalization" => norm::instance;
    "", "GroupNormalization" => norm::group;
    "", "LayerNormalization" => norm::layer;
    "", "Relu" => unary::lay;
    "", "LeakyRelu" => unary::lay;
    "", "Elu" => unary::lay;
    "", "Selu" => unary::lay;
    "", "Celu" => unary::lay;
    "", "Clip" => unary::lay;
    "", "Sigmoid" => unary::lay;
    "", "HardSigmoid" => unary::lay;
    "", "HardSwish" => unary::lay;
    "", "Tanh" => unary::lay;
    "", "Softplus" => unary::lay;
    "", "Softsign" => unary::lay;
    "", "Mish" => unary::lay;
    "", "Gelu" => unary::lay;
    "", "Erf" => unary::lay;
    "", "Exp" => unary::lay;
    "", "Log" => unary::lay;
    "", "Sqrt" => unary::lay;
    "", "Abs" => unary::lay;
    "", "Neg" => unary::lay;
    "", "Floor" => unary::lay;
    "", "Ceil" => unary::lay;
    "", "Round" => unary::lay;
    "", "Sign" => unary::lay;
    "", "Reciprocal" => unary::lay;
    "", "Sin" => unary::lay;
    "", "Cos" => unary::lay;
    "", "Tan" => unary::lay;
    "", "Asin" => unary::lay;
    "", "Acos" => unary::lay;
    "", "Atan" => unary::lay;
    "", "Sinh" => unary::lay;
    "", "Cosh" => unary::lay;
    "", "Asinh" => unary::lay;
    "", "Acosh" => unary::lay;
    "", "Atanh" => unary::lay;
    "", "Swish" => unary::lay;
    "", "ThresholdedRelu" => unary::lay;
    MICROSOFT, "QLinearSigmoid" => unary::quantized_sigmoid;
    MICROSOFT, "QLinearLeakyRelu" => unary::quantized_leaky_relu;
    "", "PRelu" => binary::prelu;
    "", "Add" => binary::lay;
    "", "Sub" => binary::lay;
    "", "Mul" => binary::lay;
    "", "Div" => binary::lay;
    "", "Pow" => binary::lay;
    "", "Min" => binary::many;
    "", "Max" => binary::many;
    "", "Sum" => binary::many;
    "", "Mean" => binary::many;
    MICROSOFT, "QLinearAdd" => binary::quantized;
    MICROSOFT, "QLinearMul" => binary::quantized;
    "", "Concat" => concat::lay;
    MICROSOFT, "QLinearConcat" => concat::quantized;
    "", "Softmax" => reduce::softmax;
    "", "LogSoftmax" => reduce::softmax;
    "", "ReduceMean" => reduce::lay;
    "", "ReduceSum" => reduce::lay;
    "", "ReduceMax" => reduce::lay;
    "", "ReduceMin" => reduce::lay;
    "", "ReduceProd" => reduce::lay;
    "", "ReduceL1" => reduce::lay;
    "", "ReduceL2" => reduce::lay;
    "", "ReduceSumSquare" => reduce::lay;
    "", "ReduceLogSumExp" => reduce::lay;
    "", "ArgMax" => reduce::arg;
    "", "ArgMin" => reduce::arg;
    "", "Resize" => resize::lay;
    "", "Upsample" => resize::upsample;
    "", "Slice" => copy::slice;
    "", "Split" => copy::split;
    "", "Pad" => copy::pad;
    "", "Gather" => copy::gather;
    "", "Expand" => copy::expand;
    "", "Tile" => copy::tile;
    "", "Transpose" => copy::transpose;
    "", "DepthToSpace" => copy::depth_to_space;
    "", "SpaceToDepth" => copy::space_to_depth;
    "", "Reshape" => shape::reshape;
    "", "Flatten" => shape::flatten;
    "", "Squeeze" => shape::squeeze;
    "", "Unsqueeze" => shape::unsqueeze;
    "", "Identity" => shape::identity;
    "", "Dropout" => shape::identity;
    "", "Cast" => shape::cast;
    "", "QuantizeLinear" => quant::quantize;
    "", "DequantizeLinear" => quant::dequantize;
    "", "DynamicQuantizeLinear" => dynamic::quantize;
    "", "ConvInteger" => dynamic::convolution;
    "", "MatMulInteger" => dynamic::product;
};

/// The operator of a node.
pub(super) fn find(node: &Node<'_>) -> Option<&'static Operator> {
    OPERATORS
        .iter()
        .find(|o| o.name == node.op && o.domain == node.domain)
}
