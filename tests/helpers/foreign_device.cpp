// A device of PyTorch that is not the CPU, although it computes with it: what has been written for
// one device only fails on it as on a GPU. Tensors of it and of the CPU cannot be mixed, NumPy
// cannot read it, and new tensors are on it only where the code says so. Compiled and registered
// by tests/foreign_device.py.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/native/CPUFallback.h>
#include <ATen/ops/_reshape_alias_native.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/set_native.h>
#include <ATen/ops/unfold_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <cstdlib>
#include <cstring>

namespace {

using at::Tensor;
using Sizes = c10::SymIntArrayRef;
constexpr auto FOREIGN = c10::DeviceType::PrivateUse1;
const c10::Device DEVICE(FOREIGN, 0);

// --- one device with one stream, whose work is done when it has been asked for

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return FOREIGN; }
  c10::Device exchangeDevice(c10::Device) const override { return DEVICE; }
  c10::Device getDevice() const override { return DEVICE; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device) const override {
    return c10::Stream(c10::Stream::DEFAULT, DEVICE);
  }
  c10::Stream exchangeStream(c10::Stream) const override { return getStream(DEVICE); }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    return at::detail::getDefaultCPUGenerator();
  }
  at::Generator getNewGenerator(c10::DeviceIndex) const override {
    return at::make_generator<at::CPUGeneratorImpl>();
  }
};
[[maybe_unused]] const bool registered = (at::RegisterPrivateUse1HooksInterface(new Hooks()), true);

struct Allocator final : at::Allocator {
  at::DataPtr allocate(size_t bytes) override {
    void* memory = bytes ? std::malloc(bytes) : nullptr;
    return {memory, memory, &std::free, DEVICE};
  }
  at::DeleterFnPtr raw_deleter() const override { return &std::free; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    std::memcpy(to, from, bytes);
  }
};
Allocator allocator;
REGISTER_ALLOCATOR(FOREIGN, &allocator)

// --- memory: allocation, copies and views

constexpr c10::DispatchKeySet KEYS(c10::DispatchKey::PrivateUse1);

Tensor empty(
    c10::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
    std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(size, &allocator, KEYS, c10::dtype_or_default(dtype), format);
}

Tensor empty_strided(
    c10::IntArrayRef size, c10::IntArrayRef stride, std::optional<at::ScalarType> dtype,
    std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(
      size, stride, &allocator, KEYS, c10::dtype_or_default(dtype));
}

// the same memory as a tensor of the CPU
Tensor on_cpu(const Tensor& tensor) {
  if (!tensor.is_privateuseone()) return tensor;
  const auto options = tensor.options().device(at::kCPU);
  if (tensor.numel() == 0) return at::empty_strided(tensor.sizes(), tensor.strides(), options);
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(), options);
}

Tensor copy_from(const Tensor& from, const Tensor& to, bool) {
  on_cpu(to).copy_(on_cpu(from));
  return to;
}

Tensor copy_from_and_resize(const Tensor& from, const Tensor& to) {
  if (to.sizes() != from.sizes()) to.resize_(from.sizes());
  return copy_from(from, to, false);
}

const Tensor& resize_(
    const Tensor& self, c10::IntArrayRef size, std::optional<at::MemoryFormat>) {
  self.unsafeGetTensorImpl()->set_sizes_contiguous(size);
  const size_t bytes = at::detail::computeStorageNbytesContiguous(
      size, self.itemsize(), self.storage_offset());
  auto* storage = self.storage().unsafeGetStorageImpl();
  if (bytes > storage->nbytes()) {
    storage->set_data_ptr_noswap(allocator.allocate(bytes));
    storage->set_nbytes(bytes);
  }
  return self;
}

Tensor view(const Tensor& self, Sizes size) {
  return at::native::view(self, C10_AS_INTARRAYREF_SLOW(size));
}

at::Scalar item(const Tensor& self) { return on_cpu(self).item(); }

// --- arithmetic: the CPU's, after a check that everything is here

void refuse_mixture(const c10::OperatorHandle& op, const torch::jit::Stack& stack) {
  const auto name = c10::toString(op.operator_name());
  // a GPU takes the CPU's indices too
  if (name.rfind("aten::index", 0) == 0 || name.rfind("aten::_index_put", 0) == 0) return;
  bool here = false, elsewhere = false;
  const auto look = [&](const Tensor& tensor) {
    if (!tensor.defined()) return;
    here |= tensor.is_privateuseone();
    elsewhere |= tensor.is_cpu() && tensor.dim() > 0;  // a single number may be anywhere
  };
  const auto count = op.schema().arguments().size();
  for (const auto& value : torch::jit::last(stack, count)) {
    if (value.isTensor()) {
      look(value.toTensor());
    } else if (value.isList()) {
      for (const auto& entry : value.toListRef())
        if (entry.isTensor()) look(entry.toTensor());
    }
  }
  TORCH_CHECK(!(here && elsewhere), name, ": expected all tensors on one device, found two");
}

void compute(const c10::OperatorHandle& op, c10::DispatchKeySet, torch::jit::Stack* stack) {
  refuse_mixture(op, *stack);
  at::native::cpu_fallback(op, stack, /*error_on_views=*/false);
}

// contiguous, as PyTorch presumes of a device it does not know
Tensor here(const Tensor& tensor) {
  return tensor.defined() ? tensor.contiguous().to(DEVICE) : tensor;
}

Tensor convolution(
    const Tensor& x, const Tensor& weight, const std::optional<Tensor>& bias, Sizes stride,
    Sizes padding, Sizes dilation, bool transposed, Sizes output_padding, c10::SymInt groups) {
  TORCH_CHECK(x.device() == weight.device(), "convolution: expected one device, found two");
  std::optional<Tensor> offset;
  if (bias && bias->defined()) offset = on_cpu(*bias);
  return here(at::convolution_symint(
      on_cpu(x), on_cpu(weight), offset, stride, padding, dilation, transposed, output_padding,
      groups));
}

std::tuple<Tensor, Tensor, Tensor> convolution_backward(
    const Tensor& gradient, const Tensor& x, const Tensor& weight, Sizes stride, Sizes padding,
    Sizes dilation, bool transposed, Sizes output_padding, c10::SymInt groups,
    std::array<bool, 3> wanted) {
  const std::vector<c10::SymInt> bias{weight.sym_size(0)};
  const auto [for_x, for_weight, for_bias] = at::convolution_backward_symint(
      on_cpu(gradient), on_cpu(x), on_cpu(weight), Sizes(bias), stride, padding, dilation,
      transposed, output_padding, groups, wanted);
  return {here(for_x), here(for_weight), here(for_bias)};
}

}  // namespace

TORCH_LIBRARY_IMPL(_, PrivateUse1, library) {
  library.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, library) {
  library.impl("empty.memory_format", &empty);
  library.impl("empty_strided", &empty_strided);
  library.impl("_copy_from", &copy_from);
  library.impl("_copy_from_and_resize", &copy_from_and_resize);
  library.impl("_local_scalar_dense", &item);
  library.impl("resize_", &resize_);
  library.impl("view", &view);
  library.impl("as_strided", at::native::as_strided_tensorimpl);
  library.impl("_reshape_alias", at::native::_reshape_alias);
  library.impl("unfold", at::native::unfold);
  library.impl("set_.source_Storage_storage_offset", at::native::set_storage_cpu_);
  library.impl("convolution_overrideable", &convolution);
  library.impl("convolution_backward_overrideable", &convolution_backward);
}
