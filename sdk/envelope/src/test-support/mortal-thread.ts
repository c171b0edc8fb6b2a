// A thread like the others, but one that dies at a certain job, as one does that runs out of memory.
import './mortality.ts'
import '../thread.ts'
