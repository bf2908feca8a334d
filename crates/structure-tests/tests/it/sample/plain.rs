pub(crate) fn helper() {}

#[cfg(test)]
mod tests {
    use crate::user::Uses;
}
