/** TensorFlow.js's plain JavaScript backend: layers models cannot be made without one. gradpool computes nothing on it. */
import '@tensorflow/tfjs-backend-cpu';
import { env, tensor } from '@tensorflow/tfjs-core';
import './chained-operations.ts';

/** At its first tensor the backend prints an advertisement for tfjs-node, which would do nothing for gradpool. */
const prod = env().getBool('PROD');
env().set('PROD', true);
tensor([0]).dispose();
env().set('PROD', prod);
