/** What the archives of a game hold, and the port of everything that opens them. */
export type { ContentFile, ContentSection, OpenPayload, PayloadContent } from './payload-content.ts';
export type {
  ArchiveEntry,
  EntryCopy,
  EntryStreamItem,
  ListOptions,
  StreamOptions,
  Unpacker,
  UnpackOptions,
} from './unpacker.ts';
