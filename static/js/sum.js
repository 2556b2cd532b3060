/* A small sum: look for the number whose SHA-256 begins as the server wants it, a few milliseconds at
 * a time, so that keys, clicks and the screen have their turn. A SHA-256 of our own, because
 * crypto.subtle is missing on plain http and would answer each try by a promise.
 */
(() => {
  "use strict";
  // In milliseconds.
  const SLICE = 12;

  // The first 32 bits behind the point of the roots of the first primes (FIPS 180-4).
  const behindPoint = (root) => ((root % 1) * 2 ** 32) | 0;
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const ROUNDS = Int32Array.from(primes, (prime) => behindPoint(Math.cbrt(prime)));
  const START = Int32Array.from(primes.slice(0, 8), (prime) => behindPoint(Math.sqrt(prime)));

  // SHA-256 of the one block that fills the first sixteen words of `w`, written into `sum`.
  function digest(w, sum) {
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15], y = w[i - 2];
      const s = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const t = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s + w[i - 7] + t) | 0;
    }
    let [a, b, c, d, e, f, g, h] = START;
    for (let i = 0; i < 64; i++) {
      const s = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t = (h + s + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
      const u = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      h = g; g = f; f = e; e = (d + t) | 0;
      d = c; c = b; b = a; a = (t + u + ((b & c) ^ (b & d) ^ (c & d))) | 0;
    }
    sum.set([a, b, c, d, e, f, g, h]);
    for (let i = 0; i < 8; i++) sum[i] += START[i];
  }

  const words = (hex) => hex.match(/.{8}/g).map((eight) => parseInt(eight, 16));
  const hex = (each) => Array.from(each, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");

  // A message to oneself comes at once, in a tab that is not looked at, too; a timer does neither.
  const channel = new MessageChannel();
  let awake;
  channel.port1.onmessage = () => awake();
  const rest = () => new Promise((resolve) => { awake = resolve; channel.port2.postMessage(null); });

  // The number that is looked for; null as soon as nobody waits for it any more.
  async function search({ salt, nonce, keyPrefix }, most, isWanted, tell) {
    const w = new Int32Array(64), sum = new Int32Array(8), [first] = words(keyPrefix);
    w.set([...words(salt), ...words(nonce), 0, 0x80000000 | 0]);
    // The length, in bits.
    w[15] = 36 * 8;
    for (let n = 0; n <= most && isWanted(); tell(n), await rest()) {
      for (const end = performance.now() + SLICE; n <= most && performance.now() < end;) {
        for (const some = n + 64; n < some; n++) {
          w[8] = n;
          digest(w, sum);
          if (sum[0] === (first | 0) && hex(sum).startsWith(keyPrefix)) return { counter: n, derivedKey: hex(sum) };
        }
      }
    }
    return null;
  }

  window.SmallSum = { search };
})();
