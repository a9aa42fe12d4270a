/** What the archives of a game hold, and the port of everything that opens them. */
export type { ContentSender, IncomingContent, PourTarget } from './incoming-content.ts';
export type { ContentFile, ContentSection, OpenPayload, PayloadContent } from './payload-content.ts';
export type {
  ArchiveEntry,
  EntryCopy,
  EntryStreamItem,
  ListOptions,
  StreamOptions,
  Unpacker,
  ExtractOptions,
} from './unpacker.ts';
