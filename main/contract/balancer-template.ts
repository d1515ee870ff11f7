/** Id of the first-boot template that makes a load balancer. Without zod, so that the window can use it at no cost. */
export const BALANCER_TEMPLATE = 'load-balancer';
