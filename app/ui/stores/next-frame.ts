/**
 * Runs `work` once before the next paint, however often it is asked for until then. In a window that nobody sees there
 * is no paint: there it runs a moment later.
 */
export function oncePerFrame(work: () => void): () => void {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    const run = (): void => {
      if (!isPlanned) return;
      isPlanned = false;
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      work();
    };
    const frame = requestAnimationFrame(run);
    // A window that goes out of sight meanwhile has no frames.
    const timer = setTimeout(run, unseenMs);
  };
}

const unseenMs = 250;
