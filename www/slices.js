// @ts-check
// Long work on the page's own thread, in slices: between two of them the page answers to clicks.

/** Milliseconds of one slice: a sixth of what people feel, so that what else happens in the same turn finds room. */
const SLICE = 8;
/** The most steps of one slice, where the clock stands still. */
const STEPS = 2000;
/** How many steps between two looks at the clock. */
const LOOK = 16;

/** Counts the steps of long work and says when to rest. */
export class Slices {
  #steps = 0;
  #started = performance.now();

  /** Call it for every step; rest when it says so. */
  isOver() {
    this.#steps += 1;
    return this.#steps >= STEPS || (this.#steps % LOOK === 0 && performance.now() - this.#started >= SLICE);
  }

  /** Lets everything else that waits for this thread go first. */
  async rest() {
    await pause();
    this.#steps = 0;
    this.#started = performance.now();
  }
}

/**
 * Resolves in a new turn; unlike a timer's, turns of messages come without delay.
 * @returns {Promise<void>}
 */
export function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * Sorts in slices; equal items keep their order.
 * @template Item
 * @param {readonly Item[]} items
 * @param {(one: Item, other: Item) => number} compare
 * @param {() => boolean} isStale Whether nobody waits for the answer any more.
 * @returns {Promise<Item[] | undefined>} Nothing where nobody waits.
 */
export async function sorted(items, compare, isStale) {
  const slices = new Slices();
  let from = items.slice();
  let to = items.slice();
  for (let width = 1; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length);
      const end = Math.min(start + 2 * width, from.length);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at += 1) {
        const one = /** @type {Item} */ (from[left]);
        const isLeft = left < middle && (right >= end || compare(one, /** @type {Item} */ (from[right])) <= 0);
        to[at] = isLeft ? one : /** @type {Item} */ (from[right]);
        if (isLeft) left += 1;
        else right += 1;
        if (slices.isOver()) {
          await slices.rest();
          if (isStale()) return undefined;
        }
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
