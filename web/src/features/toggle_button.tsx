import { Icon, type IconName } from './icon';

interface Props {
  icon: IconName;
  label: string;
  isOn?: boolean;
  isDanger?: boolean;
  isDisabled?: boolean;
  onPress: () => void;
}

/** A round button with an icon. The label names what pressing it does; a slash shows what is off. */
export function ToggleButton({ icon, label, isOn, isDanger, isDisabled, onPress }: Props) {
  // Red means "others do not get this"; not sharing a screen is the normal state.
  const look = isDanger ? 'danger' : icon === 'screen' ? (isOn ? 'active' : 'on') : isOn === false ? 'off' : 'on';
  return (
    <button
      type="button"
      className={`round ${look}`}
      aria-label={label}
      title={label}
      aria-pressed={isOn}
      disabled={isDisabled}
      onClick={onPress}
    >
      <Icon name={icon} isSlashed={isOn === false && icon !== 'screen'} />
    </button>
  );
}
