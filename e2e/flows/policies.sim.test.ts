import { policies } from './policies.ts';

policies('sim');
