//! Code that knows an instruction set. Both architectures use the same module
//! names for the same idea.

pub(crate) mod aarch64;
