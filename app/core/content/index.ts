/** The content of a game's archives, and the port for everything that opens them. */
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
