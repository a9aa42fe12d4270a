export { statOf } from '../base/index.ts';
