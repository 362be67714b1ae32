// The recurrent part of an LSTM in bfloat16, forward and backward, for training on a CPU.
//
// PyTorch's own kernel spends most of its time outside the matrix products; this one keeps the products (which run
// on AMX or AVX-512) and fuses everything around them. Gate order i, f, g, o, as PyTorch's.

#include <torch/extension.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

using at::Tensor;

static inline float widen(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

static inline uint16_t narrow(float value) {
  uint32_t wide;
  std::memcpy(&wide, &value, 4);
  return static_cast<uint16_t>((wide + 0x7fff + ((wide >> 16) & 1)) >> 16);
}

static inline float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }
static inline float hyperbolic(float x) { return 2.0f / (1.0f + std::exp(-2.0f * x)) - 1.0f; }

static uint16_t* bits(const Tensor& t) { return reinterpret_cast<uint16_t*>(t.data_ptr<at::BFloat16>()); }

static void advance(const uint16_t* __restrict x, uint16_t* __restrict gates, const float* __restrict c_before,
                    float* __restrict c, uint16_t* __restrict h, int64_t units) {
  for (int64_t j = 0; j < units; ++j) {
    float i = sigmoid(widen(gates[j]) + widen(x[j]));
    float f = sigmoid(widen(gates[units + j]) + widen(x[units + j]));
    float g = hyperbolic(widen(gates[2 * units + j]) + widen(x[2 * units + j]));
    float o = sigmoid(widen(gates[3 * units + j]) + widen(x[3 * units + j]));
    float cell = f * c_before[j] + i * g;
    c[j] = cell;
    h[j] = narrow(o * hyperbolic(cell));
    gates[j] = narrow(i);
    gates[units + j] = narrow(f);
    gates[2 * units + j] = narrow(g);
    gates[3 * units + j] = narrow(o);
  }
}

static void retreat(const uint16_t* __restrict gates, const float* __restrict c_before, const float* __restrict c,
                    const uint16_t* __restrict dh_above, const float* __restrict dh_after, float* __restrict dc,
                    uint16_t* __restrict dgates, int64_t units) {
  for (int64_t j = 0; j < units; ++j) {
    float i = widen(gates[j]), f = widen(gates[units + j]);
    float g = widen(gates[2 * units + j]), o = widen(gates[3 * units + j]);
    float bent = hyperbolic(c[j]);
    float dh = widen(dh_above[j]) + dh_after[j];
    float dcell = dc[j] + dh * o * (1.0f - bent * bent);
    dgates[j] = narrow(dcell * g * i * (1.0f - i));
    dgates[units + j] = narrow(dcell * c_before[j] * f * (1.0f - f));
    dgates[2 * units + j] = narrow(dcell * i * (1.0f - g * g));
    dgates[3 * units + j] = narrow(dh * bent * o * (1.0f - o));
    dc[j] = dcell * f;
  }
}

// x: [steps, batch, 4 units] bf16; h0, c0: [batch, units] f32; weight: [units, 4 units] bf16.
// Returns h [steps + 1, batch, units] bf16, c likewise f32, gates [steps, batch, 4 units] bf16.
std::vector<Tensor> forward(Tensor x, Tensor h0, Tensor c0, Tensor weight) {
  const int64_t steps = x.size(0), batch = x.size(1), units = h0.size(1);
  auto h = at::empty({steps + 1, batch, units}, x.options());
  auto c = at::empty({steps + 1, batch, units}, c0.options());
  auto gates = at::empty_like(x);
  h.select(0, 0).copy_(h0);
  c.select(0, 0).copy_(c0);
  for (int64_t t = 0; t < steps; ++t) {
    auto now = gates.select(0, t);
    at::mm_out(now, h.select(0, t), weight);
    for (int64_t b = 0; b < batch; ++b) {
      const int64_t row = t * batch + b, next = row + batch;
      advance(bits(x) + row * 4 * units, bits(gates) + row * 4 * units, c.data_ptr<float>() + row * units,
              c.data_ptr<float>() + next * units, bits(h) + next * units, units);
    }
  }
  return {h, c, gates};
}

// dh: [steps, batch, units] bf16, the gradient of every output. weight: [4 units, units] bf16.
// Returns the gradient of x (bf16), of h0 and of c0 (f32).
std::vector<Tensor> backward(Tensor dh, Tensor c, Tensor gates, Tensor weight) {
  const int64_t steps = gates.size(0), batch = gates.size(1), units = dh.size(2);
  auto dx = at::empty_like(gates);
  auto dc = at::zeros({batch, units}, c.options());
  auto dh_after = at::zeros({batch, units}, c.options());
  auto product = at::empty({batch, units}, dh.options());
  for (int64_t t = steps - 1; t >= 0; --t) {
    for (int64_t b = 0; b < batch; ++b) {
      const int64_t row = t * batch + b, next = row + batch;
      retreat(bits(gates) + row * 4 * units, c.data_ptr<float>() + row * units, c.data_ptr<float>() + next * units,
              bits(dh) + row * units, dh_after.data_ptr<float>() + b * units, dc.data_ptr<float>() + b * units,
              bits(dx) + row * 4 * units, units);
    }
    auto now = dx.select(0, t);
    at::mm_out(product, now, weight);
    dh_after.copy_(product);
  }
  return {dx, dh_after, dc};
}

PYBIND11_MODULE(TORCH_EXTENSION_NAME, m) {
  m.def("forward", &forward);
  m.def("backward", &backward);
}
