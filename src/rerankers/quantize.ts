/** Vectors in 8 bits, one after the other, and what each is multiplied by. */
export interface QuantizedVectors {
  readonly values: Int8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Rounds vectors to 8 bits: the largest number of each becomes 127 or -127. */
export function quantize(values: Float32Array, width: number): QuantizedVectors {
  const scales = new Float32Array(values.length / width);
  const bytes = new Int8Array(values.length);
  for (let vector = 0; vector < scales.length; vector++) {
    const [start, end] = [vector * width, (vector + 1) * width];
    let most = 0;
    for (let i = start; i < end; i++) most = Math.max(most, Math.abs(values[i] ?? 0));
    const scale = most / 127;
    scales[vector] = scale;
    for (let i = start; i < end; i++) bytes[i] = Math.round((values[i] ?? 0) / scale);
  }
  return { values: bytes, scales };
}
