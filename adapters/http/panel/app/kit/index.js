/** The panel's primitives; `/panel/kit` shows each in every state. */
export { Avatar, Badge, Banner, Empty, Icon, Keys, PresenceDot, Skeleton } from "./bits.js";
export { ActButton, Button, Tooltip } from "./button.js";
export { Copyable } from "./copyable.js";
export { confirmed, Dialog, Questions } from "./dialog.js";
export { Combobox, Field, Options, Switch, Tabs } from "./field.js";
export { Picker } from "./picker.js";
export { Menu, MenuList, place, Popover } from "./popover.js";
export { attempt, tellProblem, toast, Toasts } from "./toast.js";
export { VirtualList } from "./virtual.js";
