//! Parameters by name: listing them and replacing their values. What the names are used for (files,
//! optimizer state, averages) is elsewhere.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Device, Tensor},
};
use infill_kernel as kernel;

/// A parameter under its dotted name, flattened.
#[derive(Clone, Debug)]
pub struct NamedParameter {
    /// Where it sits in the net, such as `encoder.0.blocks.0.residual.input_convolution.weight`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, one after the other.
    pub values: Tensor<1>,
}

/// Every parameter of a net in a fixed order. The tensors share memory with the net.
pub fn list(net: &impl Module) -> Vec<NamedParameter> {
    let mut list = List::default();
    net.visit(&mut list);
    list.parameters
}

/// Names and shapes in the same order, without allocating parameters that do not exist yet.
pub fn shapes(net: &impl Module) -> Vec<(String, Vec<usize>)> {
    let mut shapes = Shapes::default();
    net.visit(&mut shapes);
    shapes.found
}

/// How many numbers the parameters of a net are in all.
pub fn count(net: &impl Module) -> usize {
    shapes(net).iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
}

/// The device the net lives on, without autodiff.
pub fn device(net: &impl Module) -> Device {
    net.devices().into_iter().next().unwrap_or_default().inner()
}

#[derive(Default)]
struct List {
    path: Vec<String>,
    parameters: Vec<NamedParameter>,
}

impl ModuleVisitor for List {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        self.parameters.push(NamedParameter { name: self.path.join("."), shape: tensor.dims().to_vec(), values: tensor.flatten(0, D - 1) });
    }
}

#[derive(Default)]
struct Shapes {
    path: Vec<String>,
    found: Vec<(String, Vec<usize>)>,
}

impl ModuleVisitor for Shapes {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let shape = param.lazy_shape();
        self.found.push((self.path.join("."), shape.iter().copied().collect()));
    }
}

/// Replaces values: calls `values(name, shape)` for every parameter and keeps those answered `None`.
pub struct Replace<F> {
    path: Vec<String>,
    values: F,
}

impl<F: FnMut(&str, &[usize]) -> Option<V>, V: Into<kernel::Values>> Replace<F> {
    /// With the function that knows the values, in the parameter's own order of elements.
    pub fn new(values: F) -> Self {
        Self { path: Vec::new(), values }
    }
}

impl<F: FnMut(&str, &[usize]) -> Option<V>, V: Into<kernel::Values>> ModuleMapper for Replace<F> {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape: Vec<usize> = param.lazy_shape().iter().copied().collect();
        match (self.values)(&self.path.join("."), &shape) {
            None => param,
            // A new parameter, not a mapped one: mapping would first make burn's own initial values.
            Some(values) => kernel::weight(values, &shape, &param.lazy_device()),
        }
    }
}
