/** The seal shows a resume that the files are still as the stopped download left them. */
export const partialSeal = `
ALTER TABLE partial_progress ADD COLUMN seal TEXT;
`;
