/** MD4 (RFC 1320), which NTLM needs and OpenSSL 3 no longer offers. For tests only. */
export function md4(data: Uint8Array): Buffer {
  const padded = Buffer.alloc((((data.length + 8) >> 6) << 6) + 64);
  padded.set(data);
  padded[data.length] = 0x80;
  padded.writeUInt32LE(data.length * 8, padded.length - 8);
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];
  const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));
  const rounds = [
    {
      mix: (x: number, y: number, z: number) => (x & y) | (~x & z),
      constant: 0,
      shifts: [3, 7, 11, 19],
      order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    },
    {
      mix: (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
      constant: 0x5a827999,
      shifts: [3, 5, 9, 13],
      order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    },
    {
      mix: (x: number, y: number, z: number) => x ^ y ^ z,
      constant: 0x6ed9eba1,
      shifts: [3, 9, 11, 15],
      order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15],
    },
  ];
  for (let block = 0; block < padded.length; block += 64) {
    let [a, b, c, d] = state as [number, number, number, number];
    for (const { mix, constant, shifts, order } of rounds) {
      for (const [step, word] of order.entries()) {
        const sum = (a + mix(b, c, d) + padded.readUInt32LE(block + word * 4) + constant) | 0;
        [a, b, c, d] = [d, rotate(sum, shifts[step % 4]!), b, c];
      }
    }
    [a, b, c, d].forEach((value, index) => {
      state[index] = (state[index]! + value) >>> 0;
    });
  }
  const digest = Buffer.alloc(16);
  state.forEach((value, index) => digest.writeUInt32LE(value >>> 0, index * 4));
  return digest;
}
