import { z } from 'zod';

// A command reads each shape a few times: to compile their readers takes longer than they save. Before any shape is made, as each is made for one way or the other.
z.config({ jitless: true });
