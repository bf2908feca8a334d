pub(crate) struct Thing;
