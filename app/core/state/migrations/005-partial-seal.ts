/** By what a resume sees that the files of a download that was stopped are as it left them. */
export const partialSeal = `
ALTER TABLE partial_progress ADD COLUMN seal TEXT;
`;
