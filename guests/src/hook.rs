//! A function that a test installs for its handlers.

use core::{
    marker::PhantomData,
    sync::atomic::{AtomicUsize, Ordering},
};

/// An exchangeable `fn(A)`.
pub struct Hook<A>(AtomicUsize, PhantomData<fn(A)>);

impl<A> Hook<A> {
    /// Nothing installed.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0), PhantomData)
    }

    /// Installs a function.
    pub fn set(&self, function: fn(A)) {
        self.0.store(function as usize, Ordering::Release);
    }

    /// Removes it.
    pub fn clear(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Calls it if there is one.
    pub fn call(&self, argument: A) {
        let function = self.0.load(Ordering::Acquire);
        if function != 0 {
            // SAFETY: only `set` stores here, a `fn(A)`.
            let function = unsafe { core::mem::transmute::<usize, fn(A)>(function) };
            function(argument);
        }
    }
}
