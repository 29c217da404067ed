import type { Activation } from "../files/head-modules.ts";

/**
 * The activation functions of PyTorch with their default parameters.
 *
 * @see `torch.nn.modules.activation`
 */
export const activations: Readonly<Record<Activation, (x: number) => number>> = {
  Identity: (x) => x,
  Tanh: Math.tanh,
  // The exact form, not the approximation by tanh.
  GELU: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  ReLU: (x) => (x < 0 ? 0 : x),
  Sigmoid: sigmoid,
  SiLU: (x) => x * sigmoid(x),
  Mish: (x) => x * Math.tanh(softplus(x)),
  Softplus: softplus,
};

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softplus(x: number): number {
  return x > 20 ? x : Math.log1p(Math.exp(x));
}

/**
 * The error function, off by at most 1.5e-7.
 *
 * @see Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 7.1.26
 */
function erf(x: number): number {
  const t = 1 / (1 + 0.327_591_1 * Math.abs(x));
  const polynomial =
    t *
    (0.254_829_592 +
      t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
  return Math.sign(x) * (1 - polynomial * Math.exp(-x * x));
}
