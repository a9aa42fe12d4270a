/** Asks the core about a folder while its path is being typed: once it has stood still for a moment, and only the last one counts. */
import { link } from '../../stores/link.ts';
import { verdictOfRefusal, verdictOfReport, verdictOfText, type FolderVerdict } from './folder-verdict.ts';
import { codeOf, explainError } from './saving.svelte.ts';

const stillMs = 250;

export class FolderCheck {
  /** Undefined while it is being looked at. */
  verdict = $state.raw<FolderVerdict | undefined>(undefined);

  /** Returns how to stop looking. */
  look(path: string): () => void {
    let wanted = true;
    const verdict = verdictOfText(path);
    this.verdict = verdict;
    if (verdict) return () => {};
    const timer = setTimeout(() => {
      link.invoke('folder.check', { path: path.trim() }).then(
        (report) => {
          if (wanted) this.verdict = verdictOfReport(report);
        },
        (error: unknown) => {
          if (wanted) this.verdict = verdictOfRefusal(codeOf(error), explainError(error));
        },
      );
    }, stillMs);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }
}
