/** Notices about refused commands and finished work. Each may offer a next step. */
export interface ToastAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Toast {
  readonly id: number;
  readonly tone: 'bad' | 'good';
  readonly text: string;
  readonly action?: ToastAction | undefined;
}

const shownMs = 8_000;
/** With something to press it stays longer. */
const shownWithActionMs = 20_000;
const mostAtOnce = 3;

class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #nextId = 1;

  /** Failures stay until they are closed. Returns what `dismiss` takes. */
  show(tone: Toast['tone'], text: string, action?: ToastAction): number {
    // Said again, it stands last.
    const others = this.list.filter((toast) => toast.text !== text);
    const id = this.#nextId++;
    this.list = withoutOldest([...others, { id, tone, text, action }]);
    if (tone === 'good') setTimeout(() => this.dismiss(id), action ? shownWithActionMs : shownMs);
    return id;
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

/** Good news makes room first. */
function withoutOldest(list: readonly Toast[]): readonly Toast[] {
  if (list.length <= mostAtOnce) return list;
  const leaving = list.slice(0, -1).find(({ tone }) => tone === 'good') ?? list[0];
  return list.filter((toast) => toast !== leaving);
}

export const toasts = new Toasts();
