export {
  restartPauseMs,
  superviseService,
  type Policy,
  type Service,
  type ServiceOptions,
  type ServiceState,
} from './service.ts';
export { createSupervisor, type Supervisor, type SupervisorOptions } from './supervisor.ts';
