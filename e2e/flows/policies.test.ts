import { policies } from './policies.ts';

policies('real');
