/** Short notices at the lower edge: what was refused and why, what ended. */
export interface Toast {
  readonly id: number;
  readonly tone: 'bad' | 'good';
  readonly text: string;
}

const shownMs = 8_000;
const mostAtOnce = 3;

class Toasts {
  list = $state.raw<readonly Toast[]>([]);
  #nextId = 1;

  show(tone: Toast['tone'], text: string): void {
    if (this.list.some((toast) => toast.text === text)) return;
    const id = this.#nextId++;
    this.list = [...this.list, { id, tone, text }].slice(-mostAtOnce);
    setTimeout(() => this.dismiss(id), shownMs);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
